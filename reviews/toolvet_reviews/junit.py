"""Verdicts as JUnit XML: a suite for each bundle, a case for each check and line of the rubric. Pure.

Source: the `junit-10.xsd` of the Jenkins xUnit plugin, which most readers take
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from toolvet_reviews.views import EvidenceView, FindingView, RubricLine, VerdictView
from toolvet_reviews.words import one_line, visible


def to_junit(views: Sequence[VerdictView]) -> bytes:
    """Write verdicts as one XML document.

    Args:
        views: One for each bundle.
    """
    root = Element("testsuites", {"name": "toolvet"})
    suites = [_suite(root, view) for view in views]
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", _seconds(sum(view.duration_ms for view in views)))
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="utf-8")


def _suite(root: Element, view: VerdictView) -> Element:
    name = f"{one_line(view.toolset)}/{one_line(view.tool)}"
    suite = SubElement(root, "testsuite", {"name": name, "time": _seconds(view.duration_ms)})
    properties = SubElement(suite, "properties")
    for key, said in (("verdict", view.verdict), ("walls", view.tier), ("path", view.path)):
        SubElement(properties, "property", {"name": key, "value": one_line(said, 1000)})
    for found in view.evidence:
        _check(suite, name, found, blocks=view.verdict == "failed")
    for line in view.rubric:
        _line(suite, name, line)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    return suite


def _check(suite: Element, name: str, found: EvidenceView, *, blocks: bool) -> None:
    """Write a check; of one that is unknown, an error only where the whole did not pass."""
    case = SubElement(
        suite,
        "testcase",
        {"classname": name, "name": one_line(found.check), "time": _seconds(found.duration_ms)},
    )
    tags = {
        "failed": "failure",
        "unknown": "error" if blocks else "skipped",
        "skipped": "skipped",
    }
    summary = one_line(f"{found.status}: {found.summary}", 1000)
    text = "\n".join(_finding(one) for one in found.findings)
    if found.status in tags:
        said = SubElement(case, tags[found.status], {"message": summary})
        if said.tag != "skipped":
            said.set("type", found.status)
            said.text = text or summary
        return
    if text:
        SubElement(case, "system-out").text = text


def _line(suite: Element, name: str, line: RubricLine) -> None:
    """Write a line of the rubric: unmet ones fail, and unknown ones where they are required."""
    case = SubElement(
        suite, "testcase", {"classname": f"{name} rubric", "name": line.criterion, "time": "0.000"}
    )
    why = one_line(line.why, 1000)
    if line.mark == "unmet":
        SubElement(case, "failure", {"message": why, "type": "unmet"}).text = why
    elif line.mark == "unknown" and line.required:
        SubElement(case, "error", {"message": why, "type": "unknown"}).text = why
    elif line.mark == "unknown":
        SubElement(case, "skipped", {"message": why})


def _finding(found: FindingView) -> str:
    place = f"{one_line(found.path)}:{found.line}: " if found.path else ""
    said = f"{found.severity}: {place}{one_line(found.message or found.category, 1000)}"
    parts = [f"{said} [{one_line(found.rule)}]"]
    parts += [visible(found.snippet)] * bool(found.snippet)
    parts += [f"fix: {one_line(found.fix, 1000)}"] * bool(found.fix)
    return "\n".join(parts)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"
