"""A real mail server on loopback that keeps what it is given, and answers as it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.exchange import free_port

LOGIN = ("tocsin", "pa:ss/w@rd %")


@dataclass
class Mailbox:
    """Every envelope that was taken; `answers` holds what the server says instead at a command, by its name."""

    port: int
    senders: list[str] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def messages(self) -> list[EmailMessage]:
        """Parsed."""
        return [message_from_bytes(body, _class=EmailMessage, policy=policy.default) for body in self.bodies]

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.senders.append(envelope.mail_from)
        self.recipients.append(envelope.rcpt_tos)
        self.bodies.append(envelope.content)
        return self.answers.get("DATA", "250 OK")

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == LOGIN, handled=False)


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    """Options are those of aiosmtpd's Controller and SMTP; with `auth_required`, LOGIN gets in."""
    mailbox = Mailbox(port=free_port())
    options = {"hostname": "127.0.0.1", "port": mailbox.port, "ready_timeout": 20, "authenticator": mailbox.authenticate, **options}
    controller = Controller(mailbox, **options)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
