"""What the framework gives a handler that asks for it by these types, and parameters of several routes."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter

from openbell.gateway.services import Services
from openbell.identity.tokens import Session

GivenServices = NamedDependency[Services]
SignedIn = NamedDependency[Session]

From = Annotated[str | None, QueryParameter(name="from", description="a date or a time, included")]
To = Annotated[str | None, QueryParameter(description="a date (its end) or a time, excluded")]
