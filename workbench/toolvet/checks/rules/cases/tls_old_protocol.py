import ssl

# ruleid: tls-old-protocol
OLD = ssl.SSLContext(ssl.PROTOCOL_TLSv1)
# ok: tls-old-protocol
NEW = ssl.create_default_context()
# ok: tls-old-protocol
NEWER = ssl.TLSVersion.TLSv1_2
