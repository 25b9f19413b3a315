#!/usr/bin/env python3
"""Rewrites an FLV file into one that no encoder at hand makes.

    rewrite_flv.py legacy-hevc IN OUT     Enhanced RTMP video (hvc1) becomes the classic form with codec id 12
    rewrite_flv.py shift MS IN OUT        all timestamps are moved by MS, modulo 2^32

Specs: Adobe FLV 10.1 annex E; Enhanced RTMP v1 (the packet types of the ex-header).
"""
import struct
import sys

LEGACY_HEVC = 12
SEQUENCE_START, CODED_FRAMES, SEQUENCE_END, CODED_FRAMES_X = 0, 1, 2, 3
VIDEO = 9


def tags(data):
    """(type, timestamp, body) of each tag."""
    if data[:3] != b"FLV":
        sys.exit("rewrite_flv.py: the input does not begin with 'FLV'")
    at = struct.unpack(">I", data[5:9])[0] + 4
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        time = data[at + 7] << 24 | int.from_bytes(data[at + 4 : at + 7], "big")
        yield data[at], time, data[at + 11 : at + 11 + size]
        at += 11 + size + 4


def write_tag(out, kind, time, body):
    head = bytes([kind]) + len(body).to_bytes(3, "big")
    head += (time & 0xFFFFFF).to_bytes(3, "big") + bytes([time >> 24]) + b"\0\0\0"
    out.write(head + body + (len(body) + 11).to_bytes(4, "big"))


def legacy(body):
    """The classic form of an Enhanced RTMP hvc1 tag body, None where there is none; others as they are."""
    if not body[0] & 0x80 or body[1:5] != b"hvc1":
        return body
    frame, packet, rest = body[0] >> 4 & 7, body[0] & 15, body[5:]
    # 0: sequence header, 1: NAL units, 2: end; the composition time stands in all of them.
    forms = {
        SEQUENCE_START: (0, b"\0\0\0"),
        CODED_FRAMES: (1, b""),
        SEQUENCE_END: (2, b"\0\0\0"),
        CODED_FRAMES_X: (1, b"\0\0\0"),
    }
    if packet not in forms:
        return None
    classic, prefix = forms[packet]
    return bytes([frame << 4 | LEGACY_HEVC, classic]) + prefix + rest


def main(arguments):
    mode = arguments.pop(0)
    shift = int(arguments.pop(0)) if mode == "shift" else 0
    source, target = arguments
    data = open(source, "rb").read()
    with open(target, "wb") as out:
        out.write(data[:9] + b"\0\0\0\0")
        for kind, time, body in tags(data):
            if mode == "legacy-hevc" and kind == VIDEO and body:
                body = legacy(body)
            if body is None:
                continue
            write_tag(out, kind, (time + shift) % (1 << 32), body)


main(sys.argv[1:])
