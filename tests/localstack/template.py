"""What the template and the machines say, read for themselves and not from what an emulator made of them."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PATH = ROOT / "infra/template.yaml"
MACHINES = ROOT / "statemachines"


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags: `!Ref Table` is read as {"Ref": "Table"}."""


def tagged(loader: Loader, name: str, node: yaml.Node) -> dict:
    """A tag and what it stands before."""
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", tagged)


def read() -> dict:
    """The template."""
    return yaml.load(PATH.read_text(), Loader)


def routes(template: dict) -> dict[tuple[str, str], bool]:
    """Method and path of every operation, and whether the authorizer is asked first."""
    events = [
        event["Properties"]
        for resource in template["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    return {
        (event["Method"].upper(), event["Path"]): event.get("Auth", {}).get("Authorizer") != "NONE" for event in events
    }


def holds(template: dict, name: str | None, parameters: dict[str, str]) -> bool:
    """Whether a condition that compares a parameter with a text holds, or its negation."""
    if name is None:
        return True
    values = {
        key: str(value.get("Default", "")) for key, value in template["Parameters"].items()
    } | parameters

    def truth(condition: dict) -> bool:
        if "Not" in condition:
            return not truth(condition["Not"][0])
        reference, text = condition["Equals"]
        return values[reference["Ref"]] == text

    return truth(template["Conditions"][name])
