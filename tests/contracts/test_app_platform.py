"""The client of App Platform's API against a server that behaves as its description says."""

import copy
from datetime import datetime

import pytest

from odoo.addons.ops_center_base.transport import HttpClient, TransportError
from odoo.addons.ops_center_digitalocean.app_platform import (
    AnswerError,
    App,
    AppPlatform,
    Deployment,
    SpecError,
    as_yaml,
    difference,
    read_digests,
    read_marker,
    read_release,
    with_revision,
)

from tests.fakes.digitalocean import FakeDigitalOcean

REVISION = "a91be07754c2d3f68e0b1a2c3d4e5f6071829304"
DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def cloud():
    with FakeDigitalOcean(phase_seconds=60) as fake:
        yield fake
    assert not fake.violations


@pytest.fixture
def api(cloud):
    return AppPlatform(HttpClient(max_bytes=2**20), cloud.token, cloud.url)


@pytest.fixture
def app_id(cloud):
    return cloud.add_app()


def deploy(api, app_id, digest=DIGEST):
    spec = with_revision(api.app(app_id).spec, "marker", REVISION, digest)
    return api.update(app_id, spec)


def test_all_apps_in_one_request(cloud, api):
    names = [f"shop-{number:03}" for number in range(200)]
    for name in names:
        cloud.add_app(name)
    apps = api.apps()
    assert [app.name for app in apps] == names
    assert cloud.requests == [("GET", "/v2/apps")]
    assert apps[0].active.phase == "ACTIVE"
    assert (apps[0].region, apps[0].tier, apps[0].pinned) == ("fra", "basic", None)
    [component] = apps[0].components
    assert (component.name, component.kind, component.size, component.count) == (
        "odoo",
        "services",
        "apps-s-1vcpu-1gb",
        2,
    )
    assert component.source == "example/shop:latest"
    cloud.add_app("one-more")
    assert len(api.apps()) == 201
    assert len(cloud.requests) == 3


def test_budget_is_told(cloud, api, app_id):
    api.app(app_id)
    assert (api.budget.limit, api.budget.remaining) == (5000, 4999)
    assert api.budget.reset_at.tzinfo is None


def test_update_deploys_a_digest(cloud, api, app_id):
    begun = deploy(api, app_id)
    assert begun.phase == "PENDING_BUILD"
    cloud.pass_phases(1)
    [step, *_more] = api.deployment(app_id, begun.id).steps
    assert (step.name, step.status) == ("Building service odoo", "RUNNING")
    cloud.pass_phases(3)
    told = api.deployment(app_id, begun.id)
    assert told.phase == "ACTIVE" and told.has_ended
    assert read_digests(told.spec) == {DIGEST}
    assert (read_marker(told.spec), read_release(told.spec)) == ("marker", REVISION)
    assert [each.phase for each in api.deployments(app_id)] == ["ACTIVE", "SUPERSEDED"]


def test_cancel(cloud, api, app_id):
    begun = deploy(api, app_id)
    assert api.cancel(app_id, begun.id).phase == "CANCELED"
    with pytest.raises(TransportError) as caught:
        api.cancel(app_id, begun.id)
    assert caught.value.kind == "rejected"


def test_rollback_pins_until_it_is_kept(cloud, api, app_id):
    first = api.app(app_id).active
    deploy(api, app_id)
    cloud.pass_phases(4)
    assert api.rollback_problem(app_id, first.id) == ""
    back = api.roll_back(app_id, first.id)
    assert back.cloned_from == first.id
    cloud.pass_phases(4)
    assert api.app(app_id).pinned.id == back.id
    assert "pinned" in api.rollback_problem(app_id, first.id)
    with pytest.raises(TransportError, match="pinned"):
        deploy(api, app_id)
    api.commit_rollback(app_id)
    assert api.app(app_id).pinned is None
    deploy(api, app_id)


def test_rollback_is_reverted(cloud, api, app_id):
    first = api.app(app_id).active
    deploy(api, app_id)
    cloud.pass_phases(4)
    api.roll_back(app_id, first.id)
    cloud.pass_phases(4)
    reverted = api.revert_rollback(app_id)
    assert read_digests(reverted.spec) == {DIGEST}
    assert api.app(app_id).pinned is None


def test_rollback_beyond_the_limit(cloud, api, app_id):
    cloud.revision_limit = 0
    first = api.app(app_id).active
    deploy(api, app_id)
    cloud.pass_phases(4)
    assert "maximum historical revision limit" in api.rollback_problem(app_id, first.id)


def test_prices_and_costs(api, app_id):
    assert api.monthly_prices()["apps-s-1vcpu-1gb"] == 12.0
    assert api.monthly_cost(api.app(app_id).spec, app_id) == 24.0


def test_secrets_go_back_unchanged(cloud, api, app_id):
    deploy(api, app_id)  # the fake finds fault with any other
    spec = api.app(app_id).spec
    assert spec["services"][0]["envs"][0]["value"] == "EV[1:c2VjcmV0]"
    spec["services"][0]["envs"][0]["value"] = "EV[1:b3RoZXI=]"
    api.update(app_id, spec)
    assert cloud.violations == ["the secret ('odoo', 'PASSWORD') was not sent back unchanged"]
    cloud.violations.clear()


@pytest.mark.parametrize(
    ("spoilt", "kind"),
    [
        ("html", "protocol"),
        ("truncated", "protocol"),
        ("huge", "too_large"),
        ("500", "server"),
        ("403", "unauthorized"),
        ("429", "rate_limited"),
    ],
)
def test_hostile_answers(cloud, api, app_id, spoilt, kind):
    cloud.spoilt["*"] = spoilt
    with pytest.raises(TransportError) as caught:
        api.apps()
    assert caught.value.kind == kind
    assert cloud.token not in str(caught.value)


def test_wrong_types(cloud, api, app_id):
    cloud.spoilt["*"] = "wrong"
    for call in (
        api.apps,
        lambda: api.app(app_id),
        lambda: list(api.deployments(app_id)),
        lambda: deploy(api, app_id),
    ):
        with pytest.raises(AnswerError, match="App Platform answered with"):
            call()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"id": "../../v2/account"}, None),
        ({"id": 7}, None),
        ({"id": "a", "phase": 5, "created_at": "yesterday", "progress": []}, "UNKNOWN"),
        ({"id": "a", "services": "all", "progress": {"steps": [None, {"steps": 3}]}}, "UNKNOWN"),
        ({"id": "a", "phase": "ACT\x00IVE\ud800"}, "ACTIVE?"),
    ],
)
def test_deployments_with_odd_values(told, expected):
    if expected is None:
        with pytest.raises(AnswerError, match="no usable id"):
            Deployment.parse(told)
    else:
        assert Deployment.parse(told).phase == expected


def test_times_are_naive_utc():
    told = Deployment.parse({"id": "a", "created_at": "2026-11-24T02:00:00.5+02:00"})
    assert told.created_at == datetime(2026, 11, 24, 0, 0, 0, 500000)


def test_app_without_a_spec():
    with pytest.raises(AnswerError, match="no spec"):
        App.parse({"id": "a"})


# --- specs ---


def spec_of(**component):
    return {"name": "shop", "services": [{"name": "odoo", **component}]}


IMAGE = {"registry_type": "GHCR", "registry": "example", "repository": "shop", "tag": "latest"}


def test_marker_and_release_replace_those_of_before():
    before = spec_of(image=IMAGE)
    kept = copy.deepcopy(before)
    once = with_revision(before, "one", REVISION, DIGEST)
    twice = with_revision(once, "two", "b" * 40, DIGEST)
    assert before == kept
    assert [each["key"] for each in twice["envs"]] == [each["key"] for each in once["envs"]]
    assert (read_marker(twice), read_release(twice)) == ("two", "b" * 40)


def test_digest_replaces_tag_and_push():
    image = {**IMAGE, "deploy_on_push": {"enabled": True}}
    [component] = with_revision(spec_of(image=image), "m", REVISION, DIGEST)["services"]
    assert component["image"] == {
        "registry_type": "GHCR",
        "registry": "example",
        "repository": "shop",
        "digest": DIGEST,
    }


def test_several_images():
    spec = spec_of(image=IMAGE)
    spec["workers"] = [{"name": "queue", "image": {**IMAGE, "repository": "queue"}}]
    with pytest.raises(SpecError, match=r"several images \(queue, shop\)"):
        with_revision(spec, "m", REVISION, DIGEST)
    changed = with_revision(spec, "m", REVISION, DIGEST, "queue")
    assert "digest" not in changed["services"][0]["image"]
    assert changed["workers"][0]["image"]["digest"] == DIGEST
    with pytest.raises(SpecError, match="No component of the app uses the image “other”"):
        with_revision(spec, "m", REVISION, DIGEST, "other")


def test_digest_or_branch():
    with pytest.raises(SpecError, match="Enter “Image Digest”"):
        with_revision(spec_of(image=IMAGE), "m", REVISION)
    built = spec_of(github={"repo": "example/shop", "branch": "main"})
    assert with_revision(built, "m", REVISION)["services"] == built["services"]
    with pytest.raises(SpecError, match="Leave “Image Digest” empty"):
        with_revision(built, "m", REVISION, DIGEST)


def test_values_are_shown_to_nobody():
    secret = {"key": "PASSWORD", "value": "EV[1:secret]", "type": "SECRET"}
    spec = spec_of(
        image={**IMAGE, "registry_credentials": "me:hush"},
        envs=[secret, {"key": "MODE", "value": "production"}],
        log_destinations=[{"name": "logs", "logtail": {"token": "hush"}}],
    )
    text = as_yaml(spec)
    assert "PASSWORD" in text
    for hidden in ("secret]", "hush", "production"):
        assert hidden not in text


def test_difference():
    before = spec_of(image=IMAGE)
    shown = difference(before, with_revision(before, "m", REVISION, DIGEST))
    assert "-    tag: latest" in shown
    assert f"+    digest: {DIGEST}" in shown
    assert f"+  value: {REVISION}" in shown
