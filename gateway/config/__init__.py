"""Configuration: files that an operator wrote, to frozen values or to one clear line about what is wrong."""

from gateway.config.load import json_schema, load, locate
from gateway.config.oauth2 import OAuth2
from gateway.config.schema import Config
from gateway.config.sections import ImapMailbox, Limits, Listener, Outbound
from gateway.core.problem import ConfigError, Problem
from gateway.shipped import shipped

__all__ = [
    "Config",
    "ConfigError",
    "ImapMailbox",
    "Limits",
    "Listener",
    "OAuth2",
    "Outbound",
    "Problem",
    "json_schema",
    "load",
    "locate",
    "shipped",
]
