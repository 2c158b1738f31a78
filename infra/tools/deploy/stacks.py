"""Deploys the stacks of a stage, and removes them."""
import os
import re
import subprocess

import sealkey
from releases import PACKAGED, Releases, identify

DATA_TEMPLATE = "infra/stacks/data.yaml"
EMPTY = '""'  # how SAM CLI reads an empty value


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def sam(*arguments):
    subprocess.run(["sam", *arguments], check=True, env=os.environ | {"SAM_CLI_TELEMETRY": "0"})


def declared(template):
    """Returns the parameters that a template declares, with their defaults; None: without one."""
    from samcli.yamlhelper import yaml_parse  # of the virtual environment
    defaults = {name: p.get("Default") for name, p in yaml_parse(template.decode())["Parameters"].items()}
    return {name: str(v).lower() if isinstance(v, bool) else v for name, v in defaults.items()}


def deploy(stage, section, path, template, stack, values, run):
    """Deploys a template, which is stored at path. Every parameter that it declares is given, those without a value with
    their default: SAM CLI leaves a parameter that it is not given as the deployment before had it. Example: a stage was
    deployed once with RequestRate=1; the next deployment without it has the default again.
    """
    given = {name: values.get(name, default) for name, default in declared(template).items()}
    run("deploy", "--config-env", section, "--template-file", path, "--stack-name", stack, "--no-fail-on-empty-changeset",
        "--tags", f"parley-stage={stage.name}", "--parameter-overrides",
        *[f'{name}={value if value != "" else EMPTY}' for name, value in given.items() if value is not None])


def package(stage, run):
    run("build")
    run("package", "--template-file", ".aws-sam/build/template.yaml", "--resolve-s3", "--s3-prefix", stage.program,
        "--output-template-file", PACKAGED)


def publish(stage, region, client, run=sam, read=read_bytes):
    """Stores both templates for Terraform, CDK and others, and prints their addresses. It deploys nothing."""
    package(stage, run)
    files = {"data.yaml": read(DATA_TEMPLATE), "program.yaml": read(PACKAGED)}
    for address in Releases(stage, client("s3")).publish(identify(), files, region):
        print(address)


def check_schema(stage, template):
    """Refuses to make the form of the data older than it is."""
    new = int(re.search(r'^  Schema: \{Value: "(\d+)"\}', template, re.M)[1])
    deployed = int(stage.outputs(stage.data).get("Schema", new))
    if new < deployed:
        raise SystemExit(f"the data of {stage.name} has the form {deployed}, and this release would make it {new}: use make rollback")


def up(stage, architecture, client, run=sam, read=read_bytes):
    """Makes or updates both stacks. client returns a client of boto3; run runs SAM CLI."""
    data = read(DATA_TEMPLATE)
    check_schema(stage, data.decode())
    sealkey.ensure(stage, client("ssm"))
    deploy(stage, stage.name + "-data", DATA_TEMPLATE, data, stage.data, stage.data_parameters(), run)
    values = program_values(stage) | {"Architecture": architecture}
    package(stage, run)
    program = read(PACKAGED)
    deploy(stage, stage.name, PACKAGED, program, stage.program, values, run)
    Releases(stage, client("s3")).record(identify(), program)
    show(stage, stage.program)


def show(stage, stack):
    for name, value in stage.outputs(stack).items():
        print(f"{name:18} {value}")


def program_values(stage):
    """Returns the parameters of the program: what the stack of the data has made, and what the stage says. A stage that
    names a KMS key, for example a drill with the key of another stage, has no parameter with a key beside it: a function
    has the right to one of the two.
    """
    values = stage.outputs(stage.data) | stage.program_parameters()
    return values | {"SealParameter": ""} if stage.program_parameters().get("SealKey") else values


def rollback(stage, client, run=sam, write=lambda path, text: open(path, "wb").write(text)):
    """Deploys the release before the one that runs, with the parameters that the stack has now."""
    releases = Releases(stage, client("s3"))
    release, template = releases.before()
    now, data = stage.deployed_parameters(stage.program), stage.outputs(stage.data)
    # Restored tables stay. CloudFormation refuses a release that cannot work with the form of the data.
    values = data | now | {k: v for k, v in data.items() if k == "Schema"}
    print("rolling back to", release)
    os.makedirs(".aws-sam", exist_ok=True)
    write(PACKAGED, template)
    deploy(stage, stage.name, PACKAGED, template, stage.program, values, run)
    releases.record(release, template)


def canary(stage, architecture, client, run=sam, read=read_bytes):
    """Makes a second program on the data of a stage. It takes no jobs, and posts to the connections of the first."""
    first = stage.outputs(stage.program)
    if "Connections" not in first:
        raise SystemExit(f"{stage.program} does not exist: deploy it first")
    values = program_values(stage) | {
        "Architecture": architecture, "Stage": stage.second, "Connections": first["Connections"], "ServeWorker": "false",
        "HttpDomain": "", "SocketDomain": "", "Dashboard": "false", "MonthlyBudget": "0"}
    package(stage, run)
    deploy(stage, stage.name, PACKAGED, read(PACKAGED), stage.canary, values, run)
    show(stage, stage.canary)


def remove(stage, stack, client):
    if stage.describe(stack) is None:
        return
    print("removing", stack)
    cloudformation = client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 15, "MaxAttempts": 240})


def down(stage, client, bucket):
    """Removes all stacks, with all data. bucket returns a bucket of boto3."""
    if not stage.is_for_tests():
        raise SystemExit(f"the data of {stage.name} is to be retained: its section in samconfig.toml has no Removal=Delete")
    remove(stage, stage.canary, client)
    remove(stage, stage.program, client)
    if archive := stage.outputs(stage.data).get("BucketArchive"):
        bucket(archive).object_versions.delete()
    remove(stage, stage.data, client)
    sealkey.delete(stage, client("ssm"))
    print("Nothing is left but a KMS key, which AWS deletes after 30 days, and what sam deploy stored in its bucket.")
