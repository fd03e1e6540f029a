import pytest

from app import settings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_REVISION", "v7")
    assert settings.from_environment().revision == "v7"


def test_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET")
    with pytest.raises(SystemExit, match="JWT_SECRET must be set"):
        settings.from_environment()
