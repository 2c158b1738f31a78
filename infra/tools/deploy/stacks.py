"""Deploys the stacks of a stage, and removes them."""
import os
import re
import subprocess

import sealkey
from releases import PACKAGED, Releases, identify

DATA_TEMPLATE = "infra/stacks/data.yaml"


def sam(*arguments):
    subprocess.run(["sam", *arguments], check=True, env=os.environ | {"SAM_CLI_TELEMETRY": "0"})


def deploy(stage, section, template, stack, values, run):
    run("deploy", "--config-env", section, "--template-file", template, "--stack-name", stack, "--no-fail-on-empty-changeset",
        "--tags", f"parley-stage={stage.name}", "--parameter-overrides", *[f"{k}={v}" for k, v in values.items() if v != ""])


def package(stage, run):
    run("build")
    run("package", "--template-file", ".aws-sam/build/template.yaml", "--resolve-s3", "--s3-prefix", stage.program,
        "--output-template-file", PACKAGED)


def publish(stage, region, client, run=sam, read=lambda path: open(path, "rb").read()):
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


def up(stage, architecture, client, run=sam, read=lambda path: open(path, "rb").read()):
    """Makes or updates both stacks. client returns a client of boto3; run runs SAM CLI."""
    check_schema(stage, read(DATA_TEMPLATE).decode())
    sealkey.ensure(stage, client("ssm"))
    deploy(stage, stage.name + "-data", DATA_TEMPLATE, stage.data, stage.data_parameters(), run)
    values = stage.outputs(stage.data) | stage.program_parameters() | {"Architecture": architecture}
    package(stage, run)
    deploy(stage, stage.name, PACKAGED, stage.program, values, run)
    Releases(stage, client("s3")).record(identify(), read(PACKAGED))
    show(stage, stage.program)


def show(stage, stack):
    for name, value in stage.outputs(stack).items():
        print(f"{name:18} {value}")


def declared(template):
    """Returns the parameters that a packaged template declares. CloudFormation refuses others."""
    from samcli.yamlhelper import yaml_parse  # of the virtual environment
    return set(yaml_parse(template.decode())["Parameters"])


def rollback(stage, client, run=sam, write=lambda path, text: open(path, "wb").write(text)):
    """Deploys the release before the one that runs, with the parameters that the stack has now."""
    releases = Releases(stage, client("s3"))
    release, template = releases.before()
    known = declared(template)
    now, data = stage.deployed_parameters(stage.program), stage.outputs(stage.data)
    # Restored tables stay. CloudFormation refuses a release that cannot work with the form of the data.
    values = data | now | {k: v for k, v in data.items() if k == "Schema"}
    print("rolling back to", release)
    os.makedirs(".aws-sam", exist_ok=True)
    write(PACKAGED, template)
    deploy(stage, stage.name, PACKAGED, stage.program, {k: v for k, v in values.items() if k in known}, run)
    releases.record(release, template)


def canary(stage, architecture, client, run=sam):
    """Makes a second program on the data of a stage. It takes no jobs, and posts to the connections of the first."""
    first = stage.outputs(stage.program)
    if "Connections" not in first:
        raise SystemExit(f"{stage.program} does not exist: deploy it first")
    values = stage.outputs(stage.data) | stage.program_parameters() | {
        "Architecture": architecture, "Stage": stage.second, "Connections": first["Connections"], "ServeWorker": "false",
        "HttpDomain": "", "SocketDomain": "", "Dashboard": "false", "MonthlyBudget": "0"}
    package(stage, run)
    deploy(stage, stage.name, PACKAGED, stage.canary, values, run)
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
