"""Presigned S3 download links (AWS Signature Version 4, query form).

obstore signs links too, but not the name a browser saves under, which is a signed parameter.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNRESERVED: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where a bucket is and who may read it.

    Attributes:
        endpoint: The server as browsers reach it, `https://host[:port]`; the bucket is the path's first part.
        bucket: The bucket.
        region: The region that goes into the signature.
        access_key: The public half of the credentials.
        secret_key: The secret half.
    """

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str


def presigned_get(address: S3Address, key: str, *, at: datetime, expires_s: int, disposition: str | None = None) -> str:
    """A link that reads `key` from `at` (UTC) for `expires_s` seconds, with `disposition` as Content-Disposition."""
    host = urlsplit(address.endpoint).netloc
    path = f"/{quote(address.bucket, safe=_UNRESERVED)}/{quote(key, safe=_UNRESERVED + '/')}"
    scope = f"{at:%Y%m%d}/{address.region}/s3/aws4_request"
    parameters = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{address.access_key}/{scope}",
        "X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if disposition is not None:
        parameters["response-content-disposition"] = disposition
    query = "&".join(f"{name}={quote(value, safe=_UNRESERVED)}" for name, value in sorted(parameters.items()))
    request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{parameters['X-Amz-Date']}\n{scope}\n{digest}"
    signature = hmac.new(_signing_key(address, at), text.encode(), "sha256").hexdigest()
    return f"{address.endpoint.rstrip('/')}{path}?{query}&X-Amz-Signature={signature}"


def _signing_key(address: S3Address, at: datetime) -> bytes:
    key = f"AWS4{address.secret_key}".encode()
    for part in (f"{at:%Y%m%d}", address.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
