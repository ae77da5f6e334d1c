"""The curve of Ed25519 in plain integers (RFC 8032, section 5.1), to find its points of small order."""

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # the order of the large subgroup
_D = -121665 * pow(121666, -1, P) % P
_NEUTRAL = (0, 1)

Point = tuple[int, int]


def small_order_encodings() -> set[bytes]:
    """Every 32 bytes that decode to a point whose order divides 8, also where y is not below P."""
    ys = {y for _, y in _small_order_points()}
    spellings = {spelled for y in ys for spelled in (y, y + P) if spelled < 2**255}
    return {(y | sign << 255).to_bytes(32, "little") for y in spellings for sign in (0, 1)}


def _small_order_points() -> set[Point]:
    found: set[Point] = set()
    for y in range(2, 40):
        x = _x_of(y)
        if x is not None:
            torsion = _times(L, (x, y))
            found |= {_times(n, torsion) for n in range(8)}
    return found


def _x_of(y: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    for x in (pow(square, (P + 3) // 8, P), pow(square, (P + 3) // 8, P) * pow(2, (P - 1) // 4, P) % P):
        if x * x % P == square:
            return x
    return None


def _add(a: Point, b: Point) -> Point:
    cross = _D * a[0] * b[0] * a[1] * b[1] % P
    return (
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + cross, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - cross, -1, P) % P,
    )


def _times(n: int, point: Point) -> Point:
    result = _NEUTRAL
    while n:
        if n & 1:
            result = _add(result, point)
        point, n = _add(point, point), n >> 1
    return result
