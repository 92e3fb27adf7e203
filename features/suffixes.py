"""What a file's name promises, and whether its content keeps it."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PYTHON = frozenset({"py", "pyw", "pyi", "pyx", "pxd", "pth"})
SOURCE = PYTHON | _words(
    "js mjs cjs jsx ts tsx mts cts vue svelte sh bash zsh fish ps1 psm1 psd1 bat cmd vbs vbe wsf hta c h cc "
    "cpp cxx hh hpp hxx m mm cs fs vb java kt kts scala groovy go rs rb php pl pm lua r jl swift dart zig nim "
    "asm s cu cuh f f90 f95 for ipynb coffee pas hs erl ex exs clj lisp el vim tcl awk sql css scss sass less "
    "html htm xhtml jinja jinja2 j2 tpl hbs ejs pug mako proto thrift gyp gypi cmake mk ninja gradle targets "
    "props"
)
CONFIG = _words(
    "json json5 jsonc toml yaml yml ini cfg conf config xml xsd plist lock env properties editorconfig npmrc "
    "reg desktop service timer in am ac pc map csproj sln nuspec"
)
_IMAGES = _words("png jpg jpeg jfif gif webp bmp ico cur tif tiff psd icns avif heic jp2 jxl qoi dds")
_MEDIA = _words("wav mp3 ogg oga ogv opus mp4 m4a m4v mov avi mkv webm flac aac flv mid midi wmv")
_FONTS = _words("ttf otf woff woff2 ttc eot")
_DOCUMENTS = _words("pdf doc xls ppt docx xlsx pptx odt ods rtf")
_ARCHIVES = _words("zip gz tgz xz bz2 7z rar zst lz4 tar whl egg jar war apk nupkg vsix pyz pyzw xpi crx")
_NATIVE = _words("exe dll so dylib pyd sys ocx scr com node wasm elf bin")
_TEXT = SOURCE | CONFIG | _words("txt md rst markdown log csv tsv tex bib po pot typed license copying")
EXECUTABLE = _words("exe scr com pif bat cmd vbs ps1 msi hta jar lnk js wsf dll")

_INNOCENT = _TEXT | _IMAGES | _MEDIA | _FONTS | _DOCUMENTS
# Zip-based, gzip-based and other containers under their own names.
_ZIPPED = _words(
    "docx xlsx pptx odt ods odp npz pt pth ckpt keras mar bundle oxt epub kmz xmind sketch 3mf aar ipa fig mxl"
    " usdz svgz emz rds rda rdata pkl pickle joblib nii mgz data cab msi"
)
_PROGRAMS = EXECUTABLE - {"js", "jar"}
_NATIVE_ONLY = _NATIVE - {"bin", "com"}
_NEVER_TEXT = _IMAGES | _MEDIA | _FONTS | (_NATIVE - {"com", "bin", "node", "sys"}) | {"pyc"}
_NEVER_UNKNOWN = _IMAGES | (SOURCE - {"m", "s", "map", "r", "for", "f", "in", "com"})
_NEVER_MEDIA = (SOURCE - {"m", "s", "ps1"}) | _NATIVE_ONLY
_DECOYS = _IMAGES | _DOCUMENTS | frozenset({"txt", "csv", "mp3", "mp4", "html", "zip"})


def suffix(path: str) -> str:
    """Lower-case last suffix without its dot; a dot file's whole name counts as its suffix (``.npmrc``)."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def doubled(path: str) -> bool:
    """Whether the name is like ``invoice.pdf.exe``: an executable suffix behind a harmless one."""
    name = path.rpartition("/")[2]
    if name.count(".") < 2 and "   ." not in name:
        return False
    parts = name.lower().split(".")
    # A blank before the last dot pushes the real suffix out of sight.
    if len(parts) >= 2 and parts[-1] in EXECUTABLE and parts[-2].endswith("   "):
        return True
    return len(parts) >= 3 and parts[-1] in _PROGRAMS and parts[-2].strip() in _DECOYS


def lie(path: str, kind: str, name: str) -> str:
    """How the name contradicts the content, ``""`` if it does not.

    Parameters
    ----------
    path : str
    kind : str
        A :class:`darnel.features.content.Kind`, with ``text`` for all text kinds.
    name : str
        The format, such as ``elf`` or ``png``.
    """
    if doubled(path):
        return "double-extension"
    ext = suffix(path)
    if kind in {"native", "bytecode"}:
        return "executable" if ext in _INNOCENT and name not in {"ar", "llvm"} else ""
    if kind == "archive":
        if name in {"asar", "cab"} or ext in _ZIPPED:
            return ""
        return "archive" if ext in _INNOCENT or ext in _NATIVE_ONLY else ""
    if kind == "text":
        return "script" if ext in _NEVER_TEXT else ""
    if kind == "binary":
        return "type" if ext in _NEVER_UNKNOWN else ""
    if kind in {"image", "media", "font", "document"}:
        return "type" if ext in _NEVER_MEDIA else ""
    return ""
