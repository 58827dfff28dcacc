"""What passes between a client, a pool and its workers: one JSON header a packet, and file descriptors.

The sockets are AF_UNIX and SOCK_SEQPACKET, so a packet comes whole or not at all. A job's packet carries the
descriptor that the worker writes to, and its payload: after the header, or, if it is long, in a memory file as a
second descriptor. A third, which comes with a memory file only, is where the worker may ask back; its handler
finds it as the field `line` (`graphsvc.workers.line`). A short answer likewise comes after the header of its
status. Errors travel as the name of a class of `graphsvc.errors` and its fields, never as pickles: a worker is
not to be trusted.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphsvc import errors

MAX_PACKET = 64 << 10
# What is longer does not travel in a packet.
SHORT = 32 << 10
# Ends the header, of which the JSON has no line end.
_END = b"\n"


@dataclass(frozen=True)
class Job:
    """What a worker is to do: `kind` and `fields` are the handler's affair; `timeout` is in seconds.

    `client` names whose share of the pool the job counts against; the empty name has no share. Jobs of one `key`
    take about the same time; nothing is known of the empty key.
    """

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    timeout: float = 30.0
    client: str = ""
    key: str = ""

    def packet(self, payload: bytes | None = None) -> bytes:
        """The job as a packet, with its payload if that is given."""
        header = json.dumps(vars(self)).encode()
        return header if payload is None else header + _END + payload


@dataclass(frozen=True)
class Status:
    """How a job ended: in `error` where it failed, with what the pool has to say in `fields`, and in `answer` what
    the worker made if it is short and was not written elsewhere."""

    error: errors.GraphsvcError | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    answer: bytes = b""

    def packet(self) -> bytes:
        """The status as a packet, long texts cut so that it fits."""
        content: dict[str, Any] = {"fields": self.fields}
        if self.error is not None:
            attributes = {name: _short(value) for name, value in vars(self.error).items()}
            content["error"] = {
                "class": type(self.error).__name__,
                "message": _short(str(self.error.args[0]) if self.error.args else ""),
                "attributes": attributes,
            }
        return json.dumps(content).encode() + _END + self.answer


def _short(value: Any) -> Any:
    return value[:4_000] if isinstance(value, str) else value


def read_job(packet: bytes) -> Job:
    """The job of a packet."""
    return Job(**json.loads(packet.partition(_END)[0]))


def read_payload(packet: bytes) -> bytes | None:
    """The payload that a packet brings; None where it comes as a descriptor."""
    _, end, payload = packet.partition(_END)
    return payload if end else None


def read_status(packet: bytes) -> Status:
    """The status of a packet; an error's class that does not exist becomes a StoreError."""
    header, _, answer = packet.partition(_END)
    content = json.loads(header)
    told = content.get("error")
    if told is None:
        return Status(None, content["fields"], answer)
    kind = getattr(errors, str(told["class"]), errors.StoreError)
    if not (isinstance(kind, type) and issubclass(kind, errors.GraphsvcError)):
        kind = errors.StoreError
    error = kind.__new__(kind, told["message"])
    Exception.__init__(error, told["message"])
    vars(error).update(told["attributes"])
    return Status(error, content["fields"])


def memory_file(payload: bytes) -> int:
    """A descriptor of a memory file that holds the payload, to be read from its start."""
    descriptor = os.memfd_create("payload", os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(payload)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def close_all(descriptors: Iterable[int]) -> None:
    """Close what came with a packet that is not wanted."""
    for descriptor in descriptors:
        os.close(descriptor)


def send(channel: socket.socket, packet: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send one packet with descriptors. Raises OSError where the other end is gone."""
    socket.send_fds(channel, [packet], list(descriptors))


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """One packet and its descriptors; an empty packet where the other end is gone."""
    try:
        packet, descriptors, _, _ = socket.recv_fds(channel, MAX_PACKET, 4)
    except ConnectionError:
        return b"", []
    return packet, list(descriptors)
