"""PDFs written byte by byte, for what no library would write."""


def stream(data: bytes, keys: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<< /Length %d %s >>\nstream\n" % (len(data), keys) + data + b"\nendstream"


def raw_pdf(objects: dict[int, bytes]) -> bytes:
    """A PDF of these objects, number 1 its catalog, with a table that is right."""
    parts, places, at = [b"%PDF-1.7\n"], {}, 9
    for number, body in objects.items():
        places[number] = at
        part = b"%d 0 obj\n" % number + body + b"\nendobj\n"
        parts.append(part)
        at += len(part)
    size = max(objects) + 1
    lines = [
        b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
        for number in range(size)
    ]
    table = b"xref\n0 %d\n" % size + b"".join(lines)
    end = b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, at)
    return b"".join([*parts, table, end])
