"""Builds one exchange (store and services) from its settings; the only place that knows how the parts are put together."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.config import Config
from tocsin.errors import InvalidInputError
from tocsin.model.alert import Channel
from tocsin.model.member import OPERATOR
from tocsin.peers.interface import Limits
from tocsin.peers.mail import Relay
from tocsin.peers.webhook import Webhook
from tocsin.services.account import AccountService
from tocsin.services.alert import AlertService, Messenger
from tocsin.services.attendant import AttendantService
from tocsin.services.collection import CollectionService
from tocsin.services.key import KeyService
from tocsin.services.landscape import LandscapeService
from tocsin.services.maintenance import MaintenanceService
from tocsin.services.match import MatchService
from tocsin.services.member import MemberService
from tocsin.services.notification import NotificationService
from tocsin.services.object import ObjectService
from tocsin.services.organisation import OrganisationService
from tocsin.services.peer import PeerService
from tocsin.services.signing import SigningService
from tocsin.services.sync import SyncService
from tocsin.services.throttle import ThrottleService
from tocsin.store.database import Database

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Everything that a face calls."""

    config: Config
    collections: CollectionService
    organisations: OrganisationService
    members: MemberService
    accounts: AccountService
    objects: ObjectService
    landscape: LandscapeService
    match: MatchService
    peers: PeerService
    keys: KeyService
    signing: SigningService
    notifications: NotificationService
    attendant: AttendantService
    sync: SyncService
    throttle: ThrottleService
    alerts: AlertService
    maintenance: MaintenanceService

    @staticmethod
    def now() -> int:
        """This process's clock as a stamp, read once per call of a face."""
        return time.time_ns() // 1000


def build_exchange(config: Config) -> Exchange:
    """The exchange of these settings; nothing is opened before it is used.

    Raises:
        InvalidInputError: the secret is missing or broken, the database's address is malformed, or a channel of alerts is unusable.
    """
    database = Database(config.database_url)
    root = bytes.fromhex(read_secret(config.secret_path))
    collections = CollectionService(database=database)
    objects = ObjectService(database=database, cursor_key=derive_key(root, "cursor 1"))
    peers = PeerService(database=database, secret_key=derive_key(root, "peers 1"), limits=_limits(config))
    keys = KeyService(database=database, secret_key=derive_key(root, "keys 1"))
    organisations = OrganisationService(database=database, objects=objects)
    members = MemberService(database=database)
    alerts = AlertService(database=database, channels=_channels(config), now=Exchange.now)
    signing = SigningService(
        database=database,
        objects=objects,
        secret_key=derive_key(root, "signing 1"),
        base_url=config.base_url,
        principles=config.principles,
    )
    notifications = _notifications(config, database, objects=objects, collections=collections, signing=signing)
    return Exchange(
        config=config,
        collections=collections,
        members=members,
        accounts=AccountService(database=database),
        organisations=organisations,
        objects=objects,
        landscape=LandscapeService(objects=objects, collections=collections.listing),
        match=MatchService(objects=objects, collections=collections.listing, keys=keys.listing, find_key=keys.find, own=organisations.own),
        peers=peers,
        keys=keys,
        signing=signing,
        notifications=notifications,
        attendant=AttendantService(
            database=database,
            notifications=notifications,
            alerts=alerts,
            operator=lambda: members.find(OPERATOR),
            names=lambda: {one.identity_id: one.name for one in organisations.listing()},
            contact=signing.contact_of,
        ),
        sync=SyncService(database=database, objects=objects, connect=peers.client, now=Exchange.now),
        throttle=ThrottleService(
            database=database,
            per_second=config.requests_per_second,
            anonymous_per_second=config.anonymous_requests_per_second,
            patience=config.request_wait_seconds,
        ),
        alerts=alerts,
        maintenance=MaintenanceService(database=database),
    )


def _notifications(
    config: Config, database: Database, *, objects: ObjectService, collections: CollectionService, signing: SigningService
) -> NotificationService:
    return NotificationService(
        database=database,
        objects=objects,
        collections=collections.everything,
        key=lambda now: signing.current(now=now),
        keys_of=signing.keys_of,
        identity=lambda now: signing.identity(now=now).body,
        hours=config.acknowledge_hours,
    )


def build_maintenance(config: Config) -> MaintenanceService:
    """Care of the store alone, which needs no secret."""
    return MaintenanceService(database=Database(config.database_url))


def _limits(config: Config) -> Limits:
    """What a peer may cost us."""
    return Limits(
        pages_per_pull=config.peer_pages,
        bytes_per_response=config.peer_response_bytes,
        seconds_per_request=config.peer_request_seconds,
        seconds_per_call=config.peer_call_seconds,
    )


def _channels(config: Config) -> dict[Channel, Messenger]:
    """The ways that alerts may take."""
    webhook = Webhook.of(config.webhook_url, config.webhook_secret)
    relay = Relay.of(config.mail_url, sender=config.mail_from, desk=config.mail_to)
    return {channel: one for channel, one in ((Channel.WEBHOOK, webhook), (Channel.MAIL, relay)) if one is not None}


def make_secret(path: Path) -> None:
    """Writes a new root secret that only this user can read; one that exists is kept."""
    if not path.exists():
        write_secret(path, secrets.token_hex(_SECRET_BYTES))


def write_secret(path: Path, secret: str) -> None:
    """Puts a root secret in the place of the one there, if any; only this user can read it.

    Raises:
        InvalidInputError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secret + "\n", encoding="ascii")
        draft.rename(path)
    except OSError as error:
        raise InvalidInputError(
            f"the secret cannot be written to {path}: {error.strerror}", hint="correct that, and do it again"
        ) from error


def derive_key(root: bytes, purpose: str) -> bytes:
    """The 32-byte key for one purpose (HKDF-SHA-256); keys of different purposes say nothing about each other."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"tocsin {purpose}".encode()).derive(root)


def read_secret(path: Path) -> str:
    """The root secret in hexadecimal.

    Raises:
        InvalidInputError: it is missing or broken.
    """
    try:
        root = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"the secret in {path} cannot be read", hint="restore it, or point TOCSIN_SECRET_FILE to it") from error
    if len(root) < _SECRET_BYTES:
        raise InvalidInputError(f"the secret in {path} is too short", hint=f"it needs {_SECRET_BYTES} bytes in hexadecimal")
    return root.hex()
