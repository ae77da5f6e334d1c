"""The one MetaData, and how what it holds is named."""

from typing import Final

from sqlalchemy import MetaData

registry: Final = MetaData(
    naming_convention={"pk": "%(table_name)s_pk", "ck": "%(table_name)s_%(constraint_name)s"}
)
