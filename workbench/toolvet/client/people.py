"""The client's words about people: principals, keys, tokens, grants, policy, sessions."""

from toolvet.client.exchange import Exchange, part
from toolvet.client.shapes import (
    AddedPrincipal,
    Consent,
    Done,
    EnrolmentCode,
    GrantList,
    IssuedToken,
    KeyOwner,
    OpenedSession,
    PolicyText,
    PrincipalList,
    RequestedKey,
)
from toolvet_reviews.views import GrantView, PrincipalView


class PeopleCalls:
    """The half of the client that is about who may do what."""

    _http: Exchange

    def login(self, envelope: bytes) -> str:
        """Open a session of fifteen minutes with a signed statement; answers its token."""
        return self._http.post(OpenedSession, "/login", {"envelope": envelope.decode()}).token

    def principals(self) -> list[PrincipalView]:
        """List everybody this caller may see."""
        return list(self._http.get(PrincipalList, "/principals").items)

    def add_principal(self, envelope: bytes, document: bytes) -> AddedPrincipal:
        """Add somebody; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(AddedPrincipal, "/principals", body)

    def revoke_principal(self, name: str, reason: str = "") -> Done:
        """End a principal."""
        return self._http.delete(Done, f"/principals/{part(name)}", {"reason": reason})

    def pin_key(self, public: str, proof: str) -> KeyOwner:
        """Pin the first person's key, once in the life of a service."""
        return self._http.post(KeyOwner, "/keys/pin", {"public": public, "proof": proof})

    def request_key(self, code: str, public: str, proof: str) -> RequestedKey:
        """Hand in a key with a one-time code."""
        body = {"code": code, "public": public, "proof": proof}
        return self._http.post(RequestedKey, "/keys/request", body)

    def enrol_key(self, envelope: bytes, document: bytes) -> PrincipalView:
        """Let a requested key count; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(PrincipalView, "/keys/enrol", body)

    def rotate_key(self, envelope: bytes, document: bytes, proof: str) -> PrincipalView:
        """Let one's own new key stand for the one that signed; with proof that it is held."""
        body = {"envelope": envelope.decode(), "document": document.decode(), "proof": proof}
        return self._http.post(PrincipalView, "/keys/rotate", body)

    def new_code(self, name: str) -> str:
        """Give a person another one-time code for a key."""
        return self._http.post(EnrolmentCode, "/keys/code", {"name": name}).code

    def key_owner(self, fingerprint: str) -> KeyOwner:
        """Ask whose key it is.

        Raises:
            RemoteError: `not_found`: this service does not know it.
        """
        return self._http.get(KeyOwner, f"/keys/{part(fingerprint)}")

    def revoke_key(self, fingerprint: str, reason: str = "") -> Done:
        """Stop a key."""
        return self._http.delete(Done, f"/keys/{part(fingerprint)}", {"reason": reason})

    def issue_token(self, name: str, expires: str | None = None) -> IssuedToken:
        """Issue another bearer token for a principal."""
        return self._http.post(IssuedToken, "/tokens", {"principal": name, "expires": expires})

    def revoke_token(self, token: str) -> Done:
        """Stop a token by its id."""
        return self._http.delete(Done, f"/tokens/{part(token)}")

    def grants(self) -> list[GrantView]:
        """List grants in force."""
        return list(self._http.get(GrantList, "/grants").items)

    def add_grant(self, envelope: bytes, document: bytes) -> GrantView:
        """Grant calling; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(GrantView, "/grants", body)

    def revoke_grant(self, grant: str, reason: str = "") -> Done:
        """Take a grant back."""
        return self._http.delete(Done, f"/grants/{part(grant)}", {"reason": reason})

    def policy(self) -> PolicyText:
        """Get the policy in force."""
        return self._http.get(PolicyText, "/policy")

    def apply_policy(self, envelope: bytes, text: str) -> PolicyText:
        """Put a policy in force; signed."""
        body = {"envelope": envelope.decode(), "text": text}
        return self._http.post(PolicyText, "/policy", body)

    def consent(self, envelope: bytes, document: bytes) -> Consent:
        """Consent to a lower tier; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(Consent, "/consent", body)
