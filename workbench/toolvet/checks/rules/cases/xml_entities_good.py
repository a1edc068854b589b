import defusedxml.ElementTree as ET


def read(text: str) -> str:
    return ET.fromstring(text).tag
