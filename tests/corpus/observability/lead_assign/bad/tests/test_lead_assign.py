from lead_assign import PEOPLE, Assignment, assign_leads
from toolvet.sdk import Context


def test_each_lead_gets_somebody_of_the_region() -> None:
    ctx = Context.for_tests()

    assert assign_leads("iberia", ["L-1", "L-2"], ctx) == Assignment(2, 0)
    people = [value["person"] for _, value in ctx.store["assignments"].scan(prefix="iberia/")]
    assert len(people) == 2
    assert set(people) <= set(PEOPLE["iberia"])


def test_a_lead_keeps_its_person() -> None:
    ctx = Context.for_tests()
    assign_leads("nordics", ["L-1"], ctx)
    before = ctx.store["assignments"].get("nordics/L-1")

    assert assign_leads("nordics", ["L-1", "L-2", "L-3"], ctx) == Assignment(2, 1)
    assert ctx.store["assignments"].get("nordics/L-1") == before


def test_leads_are_spread() -> None:
    ctx = Context.for_tests()

    assign_leads("nordics", [f"L-{number}" for number in range(60)], ctx)

    people = [value["person"] for _, value in ctx.store["assignments"].scan()]
    assert min(people.count(name) for name in PEOPLE["nordics"]) > 5
    assert [step["done"] for step in ctx.memory.progress] == list(range(1, 61))


def test_it_logs() -> None:
    ctx = Context.for_tests()

    assign_leads("nordics", ["L-1"], ctx)

    assert len(ctx.memory.logged) == 1
