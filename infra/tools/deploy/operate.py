"""What is done to a stage that runs: a check, the first application, one function, jobs that failed."""
import json
import os
import subprocess


def addresses(stage, region, credentials):
    """Returns the environment of infra/tools/stage."""
    outputs = stage.outputs(stage.program)
    env = {"AWS_REGION": region, "AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
           "AWS_SESSION_TOKEN": credentials.token or ""}
    return env | {variable: outputs.get(output, "") for variable, output in (
        ("OPERATOR_URL", "OperatorUrl"), ("TENCENT_URL", "TencentUrl"), ("CLIENT_URL", "ClientUrl"), ("SOCKET_URL", "SocketUrl"))}


def call(env, *arguments):
    if subprocess.run(["go", "run", "./infra/tools/stage", *arguments], env=os.environ | env).returncode != 0:
        raise SystemExit(1)


def smoke(stage, env, run=call):
    """Checks that both stacks are complete and that every surface answers."""
    for stack in (stage.data, stage.program):
        found = stage.describe(stack)
        status = found["StackStatus"] if found else "missing"
        print(f"{stack}: {status}")
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise SystemExit(f"{stack} is {status}")
    run(env, "smoke")


def sync(stage, operation, code, awslambda):
    """Gives one function another program. It is for a stage for tests, since CloudFormation does not know of it."""
    if not stage.is_for_tests():
        raise SystemExit(f"{stage.name} is not a stage for tests: use make deploy")
    function = f"{stage.program}-{operation.replace('.', '-')}"
    awslambda.update_function_code(FunctionName=function, ZipFile=code)
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    print("updated", function)


def environment(stage, operation, awslambda):
    """Returns the file --env-vars of sam local invoke: the variables of a function, with which it works on the stage."""
    function = f"{stage.program}-{operation.replace('.', '-')}"
    found = awslambda.get_function_configuration(FunctionName=function)
    return json.dumps({"Parameters": found["Environment"]["Variables"]}, indent=2)


def redrive(stage, queue, sqs):
    """Moves jobs that were given up back to where they came from: all, or those of one queue."""
    outputs = stage.outputs(stage.data)
    url = sqs.get_queue_url(QueueName=outputs["Dead"])["QueueUrl"]
    if not queue:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=10)
        print("all jobs move back, 10 a second")
        return
    name = "Queue" + queue.capitalize()
    if name not in outputs:
        raise SystemExit(f"there is no queue {queue!r}")
    moved = left = 0
    # Jobs of other queues stay invisible for a minute, so that each is received once.
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, VisibilityTimeout=60,
                                       MessageSystemAttributeNames=["DeadLetterQueueSourceArn"]).get("Messages"):
        for job in batch:
            if job.get("Attributes", {}).get("DeadLetterQueueSourceArn") != outputs[name + "Arn"]:
                left += 1
                continue
            sqs.send_message(QueueUrl=outputs[name], MessageBody=job["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=job["ReceiptHandle"])
            moved += 1
    print(f"{moved} jobs moved to {queue}, {left} of other queues left")
