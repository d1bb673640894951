"""What of a personal value may be read back on a screen others can see."""

_STARS = "*"


def mask_value(kind: str, value: str) -> str:
    """The value with its middle hidden, by kind: `name`, `phone`; every other like an identity number."""
    kind = kind.lower()
    if kind == "name":
        return mask_name(value)
    if kind == "phone":
        return mask_phone(value)
    return mask_number(value)


def mask_name(name: str) -> str:
    """张芳 → 张*, 张小芳 → 张*芳, 欧阳小芳 → 欧**芳, John Smith → John S***."""
    name = " ".join(name.split())
    if not name:
        return ""
    if name.isascii() or " " in name:
        first, _, rest = name.partition(" ")
        return f"{first} {rest[0]}***" if rest else f"{first[0]}***"
    if len(name) <= 2:
        return name[0] + _STARS
    return name[0] + _STARS * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """13800138678 → 138****8678; a shorter number keeps its last two digits."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return _STARS * max(len(phone) - 2, 1) + phone[-2:]


def mask_number(number: str) -> str:
    """An identity number keeps its first three and last two characters; one of up to eight, the last two."""
    if len(number) <= 8:
        return _STARS * max(len(number) - 2, 1) + number[-2:]
    return number[:3] + _STARS * (len(number) - 5) + number[-2:]
