"""The OpenAPI description is whole: every route, every problem, every field with an example that is taken."""

from collections.abc import Iterator
from typing import Any

from tests.integration.research_http.desk_server import Page, problem

READ = {
    "/health",
    "/api/v1/health",
    "/api/v1/artifacts/{artifact_id}",
    "/api/v1/artifacts/{artifact_id}/display",
    "/api/v1/artifacts/{artifact_id}/diff",
    "/api/v1/reruns/{run_id}",
    "/api/v1/submissions/{run_id}",
    "/api/v1/snapshots/current",
    "/api/v1/policy",
    "/api/v1/keys",
    "/api/v1/log",
    "/api/v1/trades/{trade_id}/provenance",
    "/api/v1/backtest/runs",
    "/api/v1/backtest/runs/{run_id}",
    "/api/v1/backtest/runs/{run_id}/report",
    "/api/v1/backtest/runs/{run_id}/orders",
    "/api/v1/backtest/runs/{run_id}/trades",
    "/api/v1/backtest/runs/{run_id}/equity",
    "/orchestrate/runs",
    "/orchestrate/runs/{run_id}",
    "/api/v1/orchestrate/runs",
    "/api/v1/orchestrate/runs/{run_id}",
}
WRITTEN = {
    "/api/v1/artifacts/{artifact_id}/approvals/draft",
    "/api/v1/artifacts/{artifact_id}/approvals",
    "/api/v1/artifacts/{artifact_id}/reruns",
    "/api/v1/artifacts/{artifact_id}/evidence",
    "/api/v1/artifacts/{artifact_id}/revocation/draft",
    "/api/v1/revocations",
    "/api/v1/snapshots/draft",
    "/api/v1/snapshots",
    "/api/v1/backtest",
    "/orchestrate",
    "/api/v1/orchestrate",
}


async def described(page: Page) -> dict[str, Any]:
    description: dict[str, Any] = (await page.http.get("/openapi.json")).json()
    return description


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_every_route_is_described(page: Page) -> None:
    description = await described(page)
    found = {(path, method) for path, method, _ in operations(description)}
    others = {("/api/v1/artifacts", "get"), ("/api/v1/artifacts", "post")}
    others |= {("/api/v1/backtest/runs/{run_id}", "delete")}
    assert found == {(path, "get") for path in READ} | {(path, "post") for path in WRITTEN} | others


async def test_every_route_describes_its_answers_and_problems(page: Page) -> None:
    for path, method, operation in operations(await described(page)):
        where = f"{method} {path}"
        assert operation.get("description"), where
        health = path.endswith("/health")
        for status, answer in operation["responses"].items():
            is_problem = "application/problem+json" in answer["content"]
            assert is_problem == (int(status) >= 400 and not (health and status == "503")), (
                f"{where} {status}"
            )
        assert {"401", "403", "421"} <= operation["responses"].keys(), where
        assert ("413" in operation["responses"]) == (method == "post"), where
        assert health or "503" in operation["responses"], where


async def test_reports_are_pages_and_tables_are_json_or_arrow(page: Page) -> None:
    paths = (await described(page))["paths"]
    under = "/api/v1/backtest/runs/{run_id}/"
    content = {
        name: set(paths[under + name]["get"]["responses"]["200"]["content"])
        for name in ("report", "orders", "trades", "equity")
    }
    table = {"application/json", "application/vnd.apache.arrow.stream"}
    assert content == {"report": {"text/html"}, "orders": table, "trades": table, "equity": table}


async def test_problems_are_those_of_the_gate(page: Page) -> None:
    schemas = (await described(page))["components"]["schemas"]
    assert {"code", "detail", "policy"} <= schemas["GateProblem"]["properties"].keys()
    assert "Problem" not in schemas


def has_example(schema: dict[str, Any]) -> bool:
    """Whether one can be made up: by an example, by a closed choice, or from what it consists of."""
    if {"examples", "enum", "const", "$ref"} & schema.keys():
        return True
    if "anyOf" in schema:
        return all(has_example(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return has_example(schema["items"])
    return schema.get("type") == "null"


async def test_every_field_has_an_example(page: Page) -> None:
    schemas = (await described(page))["components"]["schemas"]
    lacking = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described_field in schema.get("properties", {}).items()
        if not has_example(described_field)
    ]
    assert lacking == []


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("examples") or schema.get("enum"):
        return choices[0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    fields = schema["properties"]
    return {name: example_of(fields[name], schemas) for name in schema.get("required", fields)}


async def test_the_examples_of_every_request_are_well_formed(page: Page) -> None:
    """What is asked for is not there; nothing is wrong with the form of the question."""
    description = await described(page)
    schemas = description["components"]["schemas"]
    posts = [(path, operation) for path, method, operation in operations(description) if method == "post"]
    assert len(posts) == len(WRITTEN) + 1
    for path, operation in posts:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = example_of(schema, schemas)
        if path == "/api/v1/snapshots/draft":
            body = {**body, "renew": True}
        response = await page.http.post(path.replace("{artifact_id}", "0197f6a2c3d17b6e9d5f"), json=body)
        if response.status_code >= 400:
            assert problem(response)[1] != "INVALID_REQUEST", f"{path}: {response.text}"


async def test_numbers_of_money_are_strings(page: Page) -> None:
    schemas = (await described(page))["components"]["schemas"]
    risk = schemas["RiskBody"]["properties"]
    assert {risk[field]["type"] for field in ("max_daily_loss", "max_position_pct")} == {"string"}
    assert schemas["ProvenanceAnswer"]["properties"]["quantity"]["type"] == "string"
    times = [schemas["ArtifactBody"]["properties"]["created_at"], schemas["EntryBody"]["properties"]["at"]]
    assert [time["format"] for time in times] == ["date-time", "date-time"]
