"""What a file is, by its first bytes (the signatures of the formats' own specifications)."""

UNKNOWN = "application/octet-stream"

# Offset and bytes that mark a format.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
)
# Containers that hold documents: the name says which.
_IN_CONTAINER = {
    ("application/zip", "docx"): "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ("application/zip", "xlsx"): "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ("application/zip", "pptx"): "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ("application/x-ole-storage", "doc"): "application/msword",
    ("application/x-ole-storage", "xls"): "application/vnd.ms-excel",
    ("application/x-ole-storage", "ppt"): "application/vnd.ms-powerpoint",
}
_TEXT = {"text/plain", "text/csv"}

# What a page shows in place: formats a browser draws or plays and never runs.
SHOWN = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp",
        "audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4", "audio/amr",
        "video/mp4", "video/webm", "video/quicktime",
    }
)  # fmt: skip
KNOWN = SHOWN | {kind for _, _, kind in _SIGNATURES} | set(_IN_CONTAINER.values()) | _TEXT


def media_type(data: bytes, declared: str, name: str) -> str:
    """The type of a file; `declared` and `name` only decide among harmless ones."""
    found = next((kind for at, mark, kind in _SIGNATURES if data.startswith(mark, at)), None)
    extension = name.rpartition(".")[2].lower()
    if found is not None:
        return _IN_CONTAINER.get((found, extension), found)
    declared = declared.partition(";")[0].strip().lower()
    if declared in _TEXT and b"\0" not in data[:4096]:
        return declared
    return UNKNOWN
