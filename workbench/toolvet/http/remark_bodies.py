"""What requests about threads carry."""

from typing import Annotated, Literal

from pydantic import Field

from toolvet.engine.change_requests import Answer
from toolvet.engine.remarks import LONGEST, Remark
from toolvet.http.bodies import Body, SubmissionBody
from toolvet_reviews.anchors import LONGEST_NAME
from toolvet_reviews.review_views import Anchor, DraftRemark

_Text = Annotated[str, Field(max_length=LONGEST)]
_Name = Annotated[str, Field(max_length=LONGEST_NAME)]
_Line = Annotated[int, Field(ge=0, le=10_000_000)]
_Id = Annotated[str, Field(min_length=1, max_length=100)]


class AnchorBody(Body):
    """The place a thread is about."""

    kind: Literal["proposal", "file", "line", "finding", "test", "field", "effect", "criterion"] = (
        "proposal"
    )
    path: _Name = ""
    line: _Line = 0
    end_line: _Line = 0
    name: _Name = ""

    def anchor(self) -> Anchor:
        """The domain's form."""
        return Anchor(self.kind, self.path, self.line, self.end_line, self.name)


class RemarkBody(Body):
    """Something said in a thread."""

    text: _Text
    suggestion: _Text | None = None

    def remark(self) -> Remark:
        """The engine's form."""
        return Remark(self.text, self.suggestion)


class ThreadBody(RemarkBody):
    """A thread that is opened."""

    anchor: AnchorBody
    blocking: bool = False
    revision: int | None = Field(default=None, ge=1, le=1_000_000)
    flag: bool = False

    def remark(self) -> Remark:
        """The engine's form."""
        return Remark(self.text, self.suggestion, blocking=self.blocking, flag=self.flag)


class SettleBody(Body):
    """Words beside settling a thread."""

    text: _Text = ""


class RemarkDraftBody(Body):
    """What somebody has written so far."""

    anchor: AnchorBody
    text: _Text
    thread: _Id | None = None
    suggestion: _Text | None = None
    blocking: bool = False
    revision: int = Field(default=0, ge=0, le=1_000_000)

    def draft(self, id: str) -> DraftRemark:
        """The domain's form."""
        return DraftRemark(
            id=id,
            anchor=self.anchor.anchor(),
            text=self.text,
            updated_at="",
            thread=self.thread,
            suggestion=self.suggestion,
            blocking=self.blocking,
            revision=self.revision,
        )


class PublishBody(Body):
    """Which drafts to publish."""

    drafts: list[_Id] = Field(max_length=200)


class AnswerBody(Body):
    """An author's answer to one thing it was asked to settle."""

    request: Annotated[str, Field(min_length=1, max_length=500)]
    words: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class ReviseBody(SubmissionBody):
    """Another revision, with answers to what was asked."""

    answers: list[AnswerBody] = Field(default_factory=list[AnswerBody], max_length=200)

    def all_answers(self) -> list[Answer]:
        """The engine's form."""
        return [Answer(one.request, one.words) for one in self.answers]
