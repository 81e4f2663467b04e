"""What the templates and the machines say, read for themselves and not from what an emulator made of them."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra"
MACHINES = ROOT / "statemachines"
STACK = "AWS::CloudFormation::Stack"


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


def read() -> dict[Path, dict]:
    """The root, and after it each template that it nests, by their paths."""
    root = FOLDER / "template.yaml"
    documents = {root: yaml.load(root.read_text(), Loader)}
    for resource in documents[root]["Resources"].values():
        if resource["Type"] == STACK:
            nested = FOLDER / resource["Properties"]["TemplateURL"]
            documents[nested] = yaml.load(nested.read_text(), Loader)
    return documents


def routes(resources: dict[str, dict]) -> dict[tuple[str, str], tuple[str, bool]]:
    """The function of every method and path, and whether the authorizer is asked first."""
    return {
        tuple(metadata["Route"].split(" ")): (name, metadata.get("Authorizer") != "NONE")
        for name, resource in resources.items()
        if "Route" in (metadata := resource.get("Metadata", {}))
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
