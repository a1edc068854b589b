from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives.asymmetric import rsa


def made() -> object:
    # ruleid: key-too-short
    rsa.generate_private_key(public_exponent=65537, key_size=1024)
    # ruleid: key-too-short
    RSA.generate(1024)
    # ok: key-too-short
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)
