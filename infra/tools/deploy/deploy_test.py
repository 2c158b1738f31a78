"""Tests of the deployment, without AWS: botocore's Stubber checks what each service is sent."""
import contextlib
import io
import json
import re
import unittest
from pathlib import Path

import boto3
from botocore.stub import ANY, Stubber

import operate
import sealkey
import stacks
from stage import OF_DATA, Stage, missing, read_config

ROOT = Path(__file__).resolve().parents[3]
CONFIG = read_config(ROOT / "samconfig.toml")


def described(stack, parameters=None, outputs=None):
    """Returns the answer of DescribeStacks."""
    return {"Stacks": [{
        "StackName": stack, "CreationTime": "2026-01-01T00:00:00Z", "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in (parameters or {}).items()],
        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in (outputs or {}).items()],
    }]}


class Case(unittest.TestCase):
    """A test with clients that are stubbed."""

    def setUp(self):
        self.clients, self.stubs = {}, {}
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stdout(self.said))
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(service, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
            self.stubs[service] = self.enterContext(Stubber(self.clients[service]))
        return self.clients[service]

    def expect(self, service, method, answer, **parameters):
        self.client(service)
        self.stubs[service].add_response(method, answer, parameters)

    def refuse(self, service, method, code, message="", **parameters):
        self.client(service)
        self.stubs[service].add_client_error(method, code, message, expected_params=parameters or None)

    def absent(self, stack):
        self.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {stack} does not exist", StackName=stack)

    def outputs(self, stack, **outputs):
        self.expect("cloudformation", "describe_stacks", described(stack, outputs=outputs), StackName=stack)

    def stage(self, name, **extra):
        return Stage(name, CONFIG, extra, self.client("cloudformation"))

    def done(self):
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


class Missing(Case):
    def test_a_stage_that_is_complete_lacks_nothing(self):
        env = {"ARCH": "arm64", "AWS_REGION": "eu-central-1"}
        self.assertEqual(missing(self.stage("dev"), env, lambda: "123456789012"), [])

    def test_everything_that_is_missing_is_said_at_once(self):
        lack = missing(self.stage("prod"), {}, lambda: "123456789012")
        self.assertEqual([re.sub(r"[:(].*", "", line) for line in lack],
                         ["ARCH is not given", "the region is not given", "alarms would reach nobody"])

    def test_an_unknown_stage_is_refused_with_the_names_of_the_known_ones(self):
        self.assertRegex(missing(self.stage("qa"), {}, None)[0], "no stage 'qa', only dev, staging, prod")

    def test_credentials_that_do_not_work_are_said(self):
        def identity():
            raise RuntimeError("expired")
        lack = missing(self.stage("dev"), {"ARCH": "arm64", "AWS_REGION": "eu-central-1"}, identity)
        self.assertEqual(lack, ["no credentials that work: expired"])


class SealKey(Case):
    def test_a_key_of_32_bytes_is_made_once(self):
        self.absent("parley-dev-data")
        self.expect("ssm", "put_parameter", {}, Name="/parley/dev/seal-key", Type="SecureString", Tier="Standard", Value=ANY,
                    Overwrite=False, Description=ANY, Tags=[{"Key": "parley-stage", "Value": "dev"}])
        sent = []
        self.client("ssm").meta.events.register("provide-client-params.ssm.PutParameter", lambda params, **_: sent.append(params))
        sealkey.ensure(self.stage("dev"), self.client("ssm"))
        self.assertRegex(sent[0]["Value"], "^[0-9a-f]{64}$")
        self.assertNotIn(sent[0]["Value"], self.said.getvalue())
        self.done()

    def test_a_key_that_exists_stays(self):
        self.expect("cloudformation", "describe_stacks", described("parley-dev-data", {"Seal": "parameter"}), StackName="parley-dev-data")
        self.refuse("ssm", "put_parameter", "ParameterAlreadyExists")
        sealkey.ensure(self.stage("dev"), self.client("ssm"))
        self.done()

    def test_a_stage_cannot_change_where_its_key_is(self):
        self.expect("cloudformation", "describe_stacks", described("parley-dev-data", {"Seal": "kms"}), StackName="parley-dev-data")
        with self.assertRaisesRegex(SystemExit, "Seal=kms"):
            sealkey.ensure(self.stage("dev"), self.client("ssm"))

    def test_a_stage_with_a_kms_key_has_no_parameter(self):
        self.absent("parley-prod-data")
        sealkey.ensure(self.stage("prod"), self.client("ssm"))
        self.done()


def parameters(call):
    """Returns the parameters that a call of sam deploy gives."""
    return dict(pair.split("=", 1) for pair in call[call.index("--parameter-overrides") + 1:])


def read(path):
    """Returns the real template of a stack."""
    return (ROOT / ("infra/stacks/data.yaml" if path.endswith("data.yaml") else "template.yaml")).read_bytes()


class Up(Case):
    program = read("template.yaml")

    def up(self, stage):
        calls = []
        stacks.up(stage, "arm64", self.client, lambda *a: calls.append(a), read)
        return calls

    def deployed(self, stage, **outputs):
        """Deploys a stage that exists. Returns the parameters of the program."""
        for _ in range(2):
            self.expect("cloudformation", "describe_stacks", described(stage.data, outputs={"Schema": "1"}), StackName=stage.data)
        self.refuse("ssm", "put_parameter", "ParameterAlreadyExists")
        self.outputs(stage.data, **outputs)
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        self.expect("s3", "put_object", {}, Bucket="b", Key=ANY, Body=self.program)
        self.expect("s3", "put_object", {}, Bucket="b", Key=ANY, Body=ANY)
        self.outputs(stage.program)
        return parameters(self.up(stage)[-1])

    def test_data_comes_first_and_its_outputs_are_parameters_of_the_program(self):
        self.absent("parley-dev-data")  # for the form of the data
        self.absent("parley-dev-data")  # for the seal key
        self.expect("ssm", "put_parameter", {}, **dict.fromkeys(
            ("Name", "Type", "Tier", "Value", "Overwrite", "Description", "Tags"), ANY))
        self.outputs("parley-dev-data", TableCore="core-1")
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        self.expect("s3", "put_object", {}, Bucket="b", Key=ANY, Body=self.program)
        self.expect("s3", "put_object", {}, Bucket="b", Key="parley-dev/releases/current", Body=ANY)
        self.outputs("parley-dev", ClientUrl="https://c")
        data, build, package, program = self.up(self.stage("dev", TableKey="k", LogLevel="debug"))
        self.assertEqual(build, ("build",))
        self.assertIn("--resolve-s3", package)
        self.assertIn("TableKey=k", data)
        self.assertIn("Seal=parameter", data)
        self.assertNotIn("LogLevel=debug", data)
        for word in ("TableCore=core-1", "LogLevel=debug", "Architecture=arm64", "Stage=dev", "parley-stage=dev"):
            self.assertIn(word, program)
        self.assertNotIn("TableKey=k", program)
        self.assertIn("https://c", self.said.getvalue())
        self.done()

    def test_what_a_deployment_does_not_name_has_its_default_again(self):
        slow = self.deployed(self.stage("dev", RequestRate="1", HttpDomain="chat.example.com"), TableCore="core-1")
        self.assertEqual((slow["RequestRate"], slow["HttpDomain"], slow["TableCore"]), ("1", "chat.example.com", "core-1"))
        after = self.deployed(self.stage("dev"), TableCore="core-1")
        self.assertEqual((after["RequestRate"], after["HttpDomain"]), ("10000", '""'))
        self.assertEqual(set(slow), set(after))
        self.done()

    def test_a_stage_with_the_key_of_another_one_has_no_parameter_beside_it(self):
        own = self.deployed(self.stage("dev"), SealKey="ssm:/parley/dev/seal-key", SealParameter="/parley/dev/seal-key")
        self.assertEqual(own["SealParameter"], "/parley/dev/seal-key")
        drill = self.deployed(self.stage("dev", SealKey="arn:k"), SealKey="ssm:/parley/dev/seal-key", SealParameter="/parley/dev/seal-key")
        self.assertEqual((drill["SealKey"], drill["SealParameter"]), ("arn:k", '""'))
        self.done()

    def test_a_release_that_would_make_the_form_of_the_data_older_is_refused(self):
        self.outputs("parley-dev-data", Schema="3")
        with self.assertRaisesRegex(SystemExit, "has the form 3, and this release would make it 1"):
            self.up(self.stage("dev"))
        self.done()


class Rollback(Case):
    template = b"Parameters:\n  Stage: {Type: String}\n  Schema: {Type: String}\n  TableCore: {Type: String}\nResources:\n  A: {Type: X, Properties: {B: !Ref Stage}}\n"

    def releases(self, current, *names):
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        self.expect("s3", "get_object", {"Body": io.BytesIO(current.encode())}, Bucket="b", Key="parley-dev/releases/current")
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        keys = [f"parley-dev/releases/{n}.yaml" for n in names] + ["parley-dev/releases/current"]
        self.expect("s3", "list_objects_v2", {"Contents": [{"Key": k} for k in keys]}, Bucket="b", Prefix="parley-dev/releases/")

    def test_the_release_before_is_deployed_with_the_parameters_of_the_stack(self):
        self.releases("20260103", "20260101", "20260102", "20260103", "20260104")
        self.expect("s3", "get_object", {"Body": io.BytesIO(self.template)}, Bucket="b", Key="parley-dev/releases/20260102.yaml")
        self.expect("cloudformation", "describe_stacks", described("", {"Stage": "dev", "New": "1", "TableCore": "restored", "Schema": "1"}), StackName="parley-dev")
        self.outputs("parley-dev-data", TableCore="core-1", Schema="2")
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        self.expect("s3", "put_object", {}, Bucket="b", Key="parley-dev/releases/20260102.yaml", Body=self.template)
        self.expect("s3", "put_object", {}, Bucket="b", Key="parley-dev/releases/current", Body=b"20260102")
        calls, files = [], {}
        stacks.rollback(self.stage("dev"), self.client, lambda *a: calls.append(a), files.__setitem__)
        self.assertEqual(list(files.values()), [self.template])
        given = calls[0][calls[0].index("--parameter-overrides") + 1:]
        self.assertEqual(sorted(given), ["Schema=2", "Stage=dev", "TableCore=restored"])
        self.done()

    def test_the_first_release_has_none_before_it(self):
        self.releases("20260101", "20260101")
        with self.assertRaisesRegex(SystemExit, "first release"):
            stacks.rollback(self.stage("dev"), self.client)


class Package(Case):
    def test_both_templates_are_stored_and_nothing_is_deployed(self):
        self.outputs("aws-sam-cli-managed-default", SourceBucket="b")
        for name in ("data", "program"):
            self.expect("s3", "put_object", {}, Bucket="b", Key=ANY, Body=name.encode())
        calls = []
        stacks.publish(self.stage("dev"), "eu-central-1", self.client, lambda *a: calls.append(a[0]),
                       lambda path: b"data" if path.endswith("data.yaml") else b"program")
        self.assertEqual(calls, ["build", "package"])
        self.assertRegex(self.said.getvalue(), r"https://b.s3.eu-central-1.amazonaws.com/parley-dev/packages/\S+/program.yaml\n$")
        self.done()


class Canary(Case):
    def test_the_second_program_has_no_workers_and_posts_to_the_first(self):
        self.outputs("parley-prod", Connections="a1b2/prod")
        self.outputs("parley-prod-data", TableCore="core-1")
        self.outputs("parley-prodnext", ClientUrl="https://c2")
        calls = []
        stacks.canary(self.stage("prod", AlarmTopic="arn:t"), "arm64", self.client, lambda *a: calls.append(a), read)
        for word in ("parley-prodnext", "Stage=prodnext", "ServeWorker=false", "Connections=a1b2/prod", "TableCore=core-1", "AlarmTopic=arn:t"):
            self.assertIn(word, calls[-1])
        self.assertIn("https://c2", self.said.getvalue())
        self.done()

    def test_without_a_first_program_there_is_no_second(self):
        self.absent("parley-prod")
        with self.assertRaisesRegex(SystemExit, "deploy it first"):
            stacks.canary(self.stage("prod"), "arm64", self.client)


class Down(Case):
    def test_a_stage_whose_data_is_retained_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "to be retained"):
            stacks.down(self.stage("prod"), self.client, None)

    def test_everything_goes_the_program_first(self):
        emptied = []

        class Bucket:
            def __init__(self, name):
                self.name, self.object_versions = name, self

            def delete(self):
                emptied.append(self.name)

        self.absent("parley-devnext")
        for stack in ("parley-dev", "parley-dev-data"):
            if stack == "parley-dev-data":
                self.outputs(stack, BucketArchive="b")
            self.outputs(stack)
            self.expect("cloudformation", "delete_stack", {}, StackName=stack)
            self.absent(stack)  # the waiter looks once
        self.expect("ssm", "delete_parameter", {}, Name="/parley/dev/seal-key")
        stacks.down(self.stage("dev"), self.client, Bucket)
        self.assertEqual(emptied, ["b"])
        self.done()


class Operate(Case):
    def test_smoke_looks_at_the_stacks_before_it_calls(self):
        for stack in ("parley-dev-data", "parley-dev"):
            self.outputs(stack)
        calls = []
        operate.smoke(self.stage("dev"), {"A": "b"}, lambda env, *a: calls.append((env, a)))
        self.assertEqual(calls, [({"A": "b"}, ("smoke",))])
        self.outputs("parley-dev-data")
        self.absent("parley-dev")
        with self.assertRaisesRegex(SystemExit, "parley-dev is missing"):
            operate.smoke(self.stage("dev"), {}, None)

    def test_the_addresses_are_outputs_and_a_surface_that_is_left_out_has_none(self):
        self.outputs("parley-dev", ClientUrl="https://c", OperatorUrl="https://o", SocketUrl="wss://s")
        credentials = type("Credentials", (), {"access_key": "k", "secret_key": "s", "token": None})
        env = operate.addresses(self.stage("dev"), "eu-central-1", credentials)
        self.assertEqual((env["CLIENT_URL"], env["TENCENT_URL"], env["AWS_SESSION_TOKEN"]), ("https://c", "", ""))

    def test_sync_updates_one_function_of_a_stage_for_tests(self):
        self.expect("lambda", "update_function_code", {}, FunctionName="parley-dev-tencent-message-sendmsg", ZipFile=b"zip")
        self.expect("lambda", "get_function", {"Configuration": {"LastUpdateStatus": "Successful"}}, FunctionName="parley-dev-tencent-message-sendmsg")
        operate.sync(self.stage("dev"), "tencent.message.sendmsg", b"zip", self.client("lambda"))
        self.done()
        with self.assertRaisesRegex(SystemExit, "not a stage for tests"):
            operate.sync(self.stage("prod"), "a.b.c", b"", None)

    def test_the_file_of_variables_is_that_of_the_function(self):
        self.expect("lambda", "get_function_configuration", {"Environment": {"Variables": {"STAGE": "dev"}}}, FunctionName="parley-dev-client-message-history")
        text = operate.environment(self.stage("dev"), "client.message.history", self.client("lambda"))
        self.assertEqual(json.loads(text), {"Parameters": {"STAGE": "dev"}})
        self.done()

    def dead(self):
        self.outputs("parley-dev-data", Dead="dead", QueueBackground="https://background", QueueBackgroundArn="arn:background")
        self.expect("sqs", "get_queue_url", {"QueueUrl": "https://dead"}, QueueName="dead")

    def test_redrive_of_all_jobs_is_a_task_of_sqs(self):
        self.dead()
        self.expect("sqs", "get_queue_attributes", {"Attributes": {"QueueArn": "arn:dead"}}, QueueUrl="https://dead", AttributeNames=["QueueArn"])
        self.expect("sqs", "start_message_move_task", {}, SourceArn="arn:dead", MaxNumberOfMessagesPerSecond=10)
        operate.redrive(self.stage("dev"), None, self.client("sqs"))
        self.done()

    def test_redrive_of_one_queue_leaves_the_jobs_of_others(self):
        self.dead()
        job = lambda n, queue: {"Body": f"job {n}", "ReceiptHandle": f"r{n}", "Attributes": {"DeadLetterQueueSourceArn": f"arn:{queue}"}}
        receive = dict(QueueUrl="https://dead", MaxNumberOfMessages=10, WaitTimeSeconds=2, VisibilityTimeout=60,
                       MessageSystemAttributeNames=["DeadLetterQueueSourceArn"])
        self.expect("sqs", "receive_message", {"Messages": [job(1, "background"), job(2, "delivery")]}, **receive)
        self.expect("sqs", "send_message", {}, QueueUrl="https://background", MessageBody="job 1")
        self.expect("sqs", "delete_message", {}, QueueUrl="https://dead", ReceiptHandle="r1")
        self.expect("sqs", "receive_message", {}, **receive)
        operate.redrive(self.stage("dev"), "background", self.client("sqs"))
        self.assertIn("1 jobs moved to background, 1 of other queues left", self.said.getvalue())
        self.done()

    def test_redrive_of_an_unknown_queue_is_refused(self):
        self.dead()
        with self.assertRaisesRegex(SystemExit, "no queue 'announce'"):
            operate.redrive(self.stage("dev"), "announce", self.client("sqs"))


class Templates(unittest.TestCase):
    def test_the_parameters_of_the_data_are_those_of_its_template(self):
        text = (ROOT / "infra/stacks/data.yaml").read_text().split("Conditions:")[0]
        declared = set(re.findall(r"^  (\w+):$", text, re.M)) - {"Stage"}
        self.assertEqual(declared, set(OF_DATA))

    def test_each_parameter_in_samconfig_is_declared(self):
        for stage in ("dev", "staging", "prod"):
            of = Stage(stage, CONFIG, {}, None)
            for values, file in ((of.data_parameters(), "infra/stacks/data.yaml"), (of.program_parameters(), "template.yaml")):
                for name in values:
                    self.assertRegex((ROOT / file).read_text(), rf"(?m)^  {name}:", f"{file} has no parameter {name}")


if __name__ == "__main__":
    unittest.main()
