"""Restores the tables of a stage to a second, beside those that it has."""
import datetime

TABLES = ("Core", "Ops", "Msg")  # live is never restored: devices connect again


def restore(stage, at, dynamodb):
    """Makes a table from each table as it was at a time, and returns the parameters with which a program uses them."""
    moment = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    if moment.tzinfo is None or moment.microsecond:
        raise SystemExit("the time is a second with its zone, such as 2026-11-29T12:00:00Z")
    outputs = stage.outputs(stage.data)
    new = {t: f"{stage.program}-{t}-{moment.astimezone(datetime.timezone.utc):%Y%m%d%H%M%S}" for t in TABLES}
    tables = [t for t in TABLES if t != "Msg" or has_recovery(outputs["TableMsg"], dynamodb)]
    if "Msg" not in tables:
        print("messages cannot be restored: the data stack has no RestoreMessages=true. They stay as they are.")
    for t in tables:  # all begin before the first is waited for
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=outputs["Table" + t], TargetTableName=new[t], RestoreDateTime=moment)
    for t in tables:
        print("restoring", new[t])
        dynamodb.get_waiter("table_exists").wait(TableName=new[t], WaiterConfig={"Delay": 20, "MaxAttempts": 1080})
        finish(stage, t, new[t], dynamodb)
    parameters = {"Table" + t: new[t] for t in tables}
    if "Msg" in tables:
        parameters["StreamMsg"] = dynamodb.describe_table(TableName=new["Msg"])["Table"]["LatestStreamArn"]
    print("deploy the program with the restored tables, and write them into samconfig.toml:")
    print(f"make deploy STAGE={stage.name} ARCH=... WITH=\"{' '.join(f'{k}={v}' for k, v in parameters.items())}\"")
    return parameters


def has_recovery(table, dynamodb):
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"


def finish(stage, kind, table, dynamodb):
    """Gives a restored table what a restore leaves out."""
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"})
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    if kind == "Msg":
        dynamodb.update_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 5, "MaxAttempts": 120})
    if not stage.is_for_tests():
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "parley-stage", "Value": stage.name}])
