"""Accounts from the command line: made, listed, given another password, ended; every step stands in the audit log."""

from __future__ import annotations

import csv
import io
import sys

import pytest

from cli.demo_people import demo_people
from cli.options import Session
from cli.serve import demo_text
from history import errors
from history.engine import REVISION as HISTORY
from history.workspace import open_workspace
from serving.deeds import RIGHTS, ROLES
from serving.people.entry import Refused, enter
from serving.sight import make_hierarchy
from serving.store import REVISION as SERVING
from serving.store import open_tables
from serving.tokens import find_token, utc_now
from tests.cli.calling import call, done
from tests.cli.folders import CHANGES, small_folder


def tables(shop):
    return open_tables(open_workspace(shop).store_url)


def test_the_first_administrator_gets_a_password_once_and_can_sign_in(shop):
    password = done("--workspace", shop, "user", "add", "root", "--admin").out.strip()
    assert enter(tables(shop), "ROOT", password, utc_now()).role == "admin"
    listed = done("--workspace", shop, "user", "list").out
    assert "root" in listed
    assert "admin" in listed
    assert password not in listed


def test_a_rep_s_account_belongs_to_somebody_the_history_knows(shop, tmp_path):
    owned = small_folder(tmp_path / "owned", deal_changes=CHANGES + "D3,2026-02-01,owner_id,,R1\n")
    done("--workspace", shop, "import", "canonical", owned)
    done("--workspace", shop, "user", "add", "R1", "--role", "rep")
    done("--workspace", shop, "user", "add", "ann", "--role", "manager", "--rep-id", "R1", "--no-password")
    said = call("--workspace", shop, "user", "add", "bo", "--role", "rep", "--rep-id", "nobody")
    assert said.code == errors.RequestInvalid.exit_code
    assert "--rep-id 'nobody' is nobody in the history; expected a rep_id, such as R1" in said.complaint
    said = call("--workspace", shop, "user", "add", "bo", "--role", "rep")
    assert "'bo' as rep sees what belongs to one rep_id" in said.complaint


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["ann"], "no role was given; expected --role rep|manager|planner|analyst|admin, or --admin"),
        (["ann", "--admin", "--role", "planner"], "--admin and --role planner contradict each other"),
        (["", "--admin"], "name '' cannot be used"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_one_line(shop, arguments, expected):
    said = call("--workspace", shop, "user", "add", *arguments)
    assert said.code == errors.RequestInvalid.exit_code
    assert expected in said.complaint


def test_a_name_is_used_once_until_its_account_is_ended(shop):
    done("--workspace", shop, "user", "add", "Ann", "--role", "planner")
    said = call("--workspace", shop, "user", "add", "ANN ", "--admin")
    assert "an account called 'Ann' exists" in said.complaint
    done("--workspace", shop, "user", "revoke", "ann")
    assert "ended" in done("--workspace", shop, "user", "list").out
    done("--workspace", shop, "user", "add", "ann", "--admin")


def test_a_new_password_is_generated_or_read_and_the_old_one_is_gone(shop, monkeypatch):
    first = done("--workspace", shop, "user", "add", "ann", "--role", "planner").out.strip()
    second = done("--workspace", shop, "user", "password", "ann", "--generate").out.strip()
    with pytest.raises(Refused):
        enter(tables(shop), "ann", first, utc_now())
    assert enter(tables(shop), "ann", second, utc_now()).name == "ann"
    monkeypatch.setattr(sys, "stdin", io.StringIO("a third password\n"))
    done("--workspace", shop, "user", "password", "ann")
    assert enter(tables(shop), "ann", "a third password", utc_now()).name == "ann"
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    said = call("--workspace", shop, "user", "password", "ann")
    assert "the password has 5 characters; expected 10 to 200" in said.complaint


def test_a_token_named_after_an_account_is_that_person_s_and_ends_with_it(shop):
    done("--workspace", shop, "user", "add", "ann", "--role", "planner")
    secret = done("--workspace", shop, "user", "token", "ann", "--scope", "read").out.strip()
    token = find_token(tables(shop), secret)
    assert token.person_id is not None
    assert token.scopes == {"read"}
    done("--workspace", shop, "user", "revoke", "ann")
    assert find_token(tables(shop), secret) is None
    said = call("--workspace", shop, "user", "token", "ann")
    assert "the account 'ann' was ended" in said.complaint


def test_the_audit_log_tells_what_the_command_line_did_and_no_secret(shop, tmp_path):
    password = done("--workspace", shop, "user", "add", "ann", "--role", "planner").out.strip()
    token = done("--workspace", shop, "user", "token", "export", "--scope", "export").out.strip()
    shown = done("--workspace", shop, "audit", "--deed", "managed").out
    assert "user add ann as planner" in shown
    done("--workspace", shop, "audit", "--out", tmp_path / "audit.csv")
    text = (tmp_path / "audit.csv").read_text()
    assert [line["what"] for line in csv.DictReader(io.StringIO(text))] == [
        "user add ann as planner",
        "user token export export",
    ]
    assert password not in text
    assert token not in text


def test_a_store_of_today_needs_no_migration_and_says_so(shop):
    done("--workspace", shop, "user", "list")
    said = done("--workspace", shop, "migrate").out
    assert f"history: {HISTORY} → {HISTORY}" in said
    assert f"people and tokens: {SERVING} → {SERVING}" in said


def test_the_demo_has_a_sign_in_for_each_role_with_a_new_password_every_time(crm_folder, tmp_path):
    workspace = tmp_path / "demo"
    done("--workspace", workspace, "import", "canonical", crm_folder, "--allow-quarantine")
    first, second = (demo_people(Session(workspace)) for _ in range(2))
    assert [row["role"] for row in second] == list(ROLES)
    for old, new in zip(first, second, strict=True):
        person = enter(tables(workspace), new["name"], new["password"], utc_now())
        assert person.role == new["role"]
        with pytest.raises(Refused):
            enter(tables(workspace), old["name"], old["password"], utc_now())
    rep, manager = second[0]["rep_id"], second[1]["rep_id"]
    hierarchy = make_hierarchy(open_workspace(workspace).history(), utc_now())
    assert hierarchy.sight("manager", manager, RIGHTS["manager"]).sees(rep)


def test_demo_sign_ins_are_made_in_the_demo_s_workspace_alone(shop):
    assert "not the demo's workspace" in demo_text(Session(shop))
    settings = shop / "dealcast.toml"
    settings.write_text(settings.read_text() + "\n[demo]\nseed = 7\n")
    shown = demo_text(Session(shop))
    assert "demo-admin" in shown
    said = call("--workspace", shop, "serve", "--host", "0.0.0.0", "--demo-sign-ins")
    assert "--demo-sign-ins with --host 0.0.0.0 would show the way into a service" in said.complaint


def test_the_doctor_says_that_nobody_can_manage_accounts_yet(shop):
    assert "no administrator; make one with" in call("--workspace", shop, "doctor").out
    done("--workspace", shop, "user", "add", "root", "--admin")
    assert "1 accounts" in call("--workspace", shop, "doctor").out
