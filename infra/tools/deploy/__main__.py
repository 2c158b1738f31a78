#!/usr/bin/env python3
"""Deploys a stage and works on it. Usage: deploy VERB STAGE [NAME=VALUE ...]

check     says what is missing, and changes nothing.
up        makes or updates the stacks parley-STAGE-data and parley-STAGE, and stores the release.
package   stores both templates for other tools and prints their addresses. It deploys nothing.
smoke     checks that the stacks are complete and that every surface answers.
app       makes the application NAME=first and prints its secret.
rollback  deploys the release before the one that runs. The data stays as it is.
canary    makes parley-STAGEnext: this release as a second program on the same data.
uncanary  removes it.
sync      gives the function of OP=tencent.message.sendmsg the program in build/parley.zip.
env       prints the file --env-vars of "sam local invoke" for the function of OP=...
redrive   moves jobs that were given up back to their queues, or those of QUEUE=background.
restore   makes tables as they were AT=2026-11-29T12:00:00Z.
down      removes all, with all data. It refuses a stage whose data is to be retained.

samconfig.toml has the parameters of each stage; for up and canary NAME=VALUE adds to them. It runs in the virtual
environment of SAM CLI, which has boto3. Region, architecture and stage are never guessed."""
import os
import shutil
import sys

import operate
import restore
import stacks
from stage import Stage, missing, read_config

DEPLOYS = ("check", "up", "canary")  # these need an architecture, and a topic for the alarms
VERBS = DEPLOYS + ("package", "smoke", "app", "rollback", "uncanary", "sync", "env", "redrive", "restore", "down")


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in VERBS:
        sys.exit(__doc__)
    verb, name = arguments[:2]
    try:
        import boto3
    except ImportError:
        boto3 = None
    if boto3 is None or shutil.which("sam") is None:
        sys.exit("SAM CLI is missing: run this through make")
    values = dict(a.split("=", 1) for a in arguments[2:])
    env = dict(os.environ)
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
    session = boto3.Session(region_name=region)
    client = session.client
    stage = Stage(name, read_config(), values if verb in DEPLOYS else {}, client("cloudformation"))
    if lack := missing(stage, env, lambda: client("sts").get_caller_identity()["Account"], deploys=verb in DEPLOYS):
        sys.exit("deploy: " + "\n        ".join(lack))

    def addresses():
        return operate.addresses(stage, region, session.get_credentials().get_frozen_credentials())

    def given(key, example):
        return values.get(key) or sys.exit(f"deploy: {key} is not given: {key}={example}")

    match verb:
        case "up":
            stacks.up(stage, env["ARCH"], client)
        case "package":
            stacks.publish(stage, region, client)
        case "canary":
            stacks.canary(stage, env["ARCH"], client)
        case "uncanary":
            stacks.remove(stage, stage.canary, client)
        case "rollback":
            stacks.rollback(stage, client)
        case "down":
            stacks.down(stage, client, session.resource("s3").Bucket)
        case "smoke":
            operate.smoke(stage, addresses())
        case "app":
            operate.call(addresses(), "app", given("NAME", "first"))
        case "sync":
            with open("build/parley.zip", "rb") as file:
                operate.sync(stage, given("OP", "tencent.message.sendmsg"), file.read(), client("lambda"))
        case "env":
            print(operate.environment(stage, given("OP", "tencent.message.sendmsg"), client("lambda")))
        case "redrive":
            operate.redrive(stage, values.get("QUEUE"), client("sqs"))
        case "restore":
            restore.restore(stage, given("AT", "2026-11-29T12:00:00Z"), client("dynamodb"))


if __name__ == "__main__":
    main(sys.argv[1:])
