"""Mail by the operator's relay: one plain text to one address a message.

TLS with a certificate that is verified, or a relay on this machine; a relay that offers no STARTTLS gets neither login nor message. The
whole of it has a deadline. A message that is sent again is the same message, by its Message-ID and to the last byte. What the relay
says is outside text and is quoted short; what it says of a login is not quoted at all.

Source: RFC 5321, RFC 5322, RFC 3207 (STARTTLS), RFC 3834 (Auto-Submitted), RFC 8314 (implicit TLS).
"""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from urllib.parse import SplitResult, unquote, urlsplit

from tocsin.errors import InvalidInputError
from tocsin.model.alert import SECOND, Alert, Failure, letter_of
from tocsin.model.contact import is_address
from tocsin.peers.session import is_loopback
from tocsin.peers.watch import Watch

_PORTS = {"smtp": 587, "smtps": 465}
_QUOTED = 120  # characters of a relay's words


class _Connection(smtplib.SMTP):
    """Under a watch from its first packet on, and within TLS from there where a context is given."""

    def __init__(self, place: tuple[str, int], *, watch: Watch, context: ssl.SSLContext | None, seconds: float, name: str) -> None:
        self._watch, self._outer = watch, context
        super().__init__(*place, local_hostname=name, timeout=seconds)  # a name, or it looks one up

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Called by smtplib, as by its own SMTP_SSL."""
        plain = socket.create_connection((host, port), timeout)
        self._watch.follow(plain)
        return self._outer.wrap_socket(plain, server_hostname=host) if self._outer else plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server that takes our mail, and from whom and to whom it goes."""

    host: str
    port: int
    is_tls: bool  # from the first byte on
    user: str
    password: str = field(repr=False)
    sender: str
    desk: str  # our own people; "": only contacts of peers
    seconds: float = 20.0  # for one message

    @classmethod
    def of(cls, url: str, *, sender: str, desk: str) -> "Relay | None":
        """A relay from its settings; None when there are none.

        Raises:
            InvalidInputError: they do not belong together or cannot be used; the message does not repeat the URL.
        """
        if not (url or sender or desk):
            return None
        if not url or not sender:
            raise InvalidInputError("mail needs both mail_url and mail_from", hint="set both, or neither these nor mail_to")
        for name, address in (("mail_from", sender), ("mail_to", desk)):
            if address and not is_address(address):
                raise InvalidInputError(f"{name} is no mail address", hint="write one like soc@example.org, without a name")
        try:
            parts = urlsplit(url)
            host, port = _place(parts)
            user, password = _login(parts)
        except ValueError as error:
            raise InvalidInputError(
                f"mail_url cannot be used: {error}", hint="write it like smtp://user:password@mail.example.org:587"
            ) from error
        is_tls = parts.scheme == "smtps"
        return cls(host=host, port=port, is_tls=is_tls, user=user, password=password, sender=sender, desk=desk)

    def targets(self, contact: str | None) -> tuple[str, ...]:
        """Our desk and the contact, each once."""
        return tuple(dict.fromkeys(one for one in (self.desk, contact) if one))

    def send(self, alert: Alert, *, now: int) -> Failure | None:
        """One try; None when the relay took it."""
        if not is_address(alert.target):
            return Failure(reason="that is no mail address", is_final=True)
        message = self._message(alert)
        with Watch(self.seconds) as watch:
            try:
                self._hand_over(message, watch)
            except (OSError, SMTPException) as error:
                if watch.is_expired:
                    return Failure(reason=f"{self.host}:{self.port} did not take the message within {self.seconds:g} s")
                return _failure(error, f"{self.host}:{self.port}")
        return None

    def _hand_over(self, message: EmailMessage, watch: Watch) -> None:
        context = ssl.create_default_context()
        name = self.sender.rpartition("@")[2]
        outer = context if self.is_tls else None
        connection = _Connection((self.host, self.port), watch=watch, context=outer, seconds=self.seconds, name=name)
        try:
            if not self.is_tls and not is_loopback(self.host):
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
            connection.send_message(message)
            with suppress(OSError):  # it is taken; how they part does not matter
                connection.quit()
        finally:
            connection.close()

    def _message(self, alert: Alert) -> EmailMessage:
        message = EmailMessage()
        subject, text = letter_of(alert.payload)
        message["Date"] = format_datetime(datetime.fromtimestamp(alert.created // SECOND, UTC))
        message["Message-ID"] = f"<{alert.id}@{self.sender.rpartition('@')[2]}>"
        message["From"], message["To"] = self.sender, alert.target
        # The library decodes encoded words in what it is given, and writes their line breaks as they are: a name could add a header.
        message["Subject"] = subject.replace("=?", "= ?")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable")
        return message


def _place(parts: SplitResult) -> tuple[str, int]:
    """Host and port. Raises ValueError."""
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not host.isascii() or not host.isprintable() or " " in host:
        raise ValueError("it is not of the form smtp://host or smtps://host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it holds more than a login, a host and a port")
    try:
        return host, parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError("its port is none") from error


def _login(parts: SplitResult) -> tuple[str, str]:
    """User and password, both or neither. Raises ValueError."""
    user, password = unquote(parts.username or "", errors="strict"), unquote(parts.password or "", errors="strict")
    if bool(user) != bool(password):
        raise ValueError("a user and a password belong together")
    if not (user + password).isascii() or any(one < " " for one in user + password):
        raise ValueError("its user or password holds characters that no login can carry")
    return user, password


def _failure(error: Exception, place: str) -> Failure:
    """The error in our terms. What an address or a message is refused for with a 5yz reply is not tried again (RFC 5321 §4.2.1)."""
    match error:
        case SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return Failure(reason=f"{place} refuses the address ({code}){_quoted(words)}", is_final=code >= 500)
        case SMTPAuthenticationError():
            return Failure(reason=f"{place} does not accept the login ({error.smtp_code})")
        case SMTPResponseException():
            final = isinstance(error, SMTPDataError) and error.smtp_code >= 500
            return Failure(reason=f"{place} refuses the message ({error.smtp_code}){_quoted(error.smtp_error)}", is_final=final)
        case SMTPServerDisconnected():
            return Failure(reason=f"{place} broke the connection or does not speak SMTP")
        case SMTPException():
            return Failure(reason=f"{place} offers no STARTTLS, or no login that we know")
        case ssl.SSLError():
            return Failure(reason=f"no trusted TLS connection to {place}: check its name and its certificate")
        case _:
            return Failure(reason=f"{place} cannot be reached")


def _quoted(words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f": {text[:_QUOTED]!r}" if text else ""
