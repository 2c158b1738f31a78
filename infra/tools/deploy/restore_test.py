"""The restore drill on DynamoDB Local: everything but the restore itself, which a copy of each table stands for."""
import contextlib
import io
import unittest
import uuid

import boto3

import restore
from stage import Stage

SECTION = {"deploy": {"parameters": {"parameter_overrides": ""}}}


class Restoring:
    """A client of DynamoDB Local, with the calls that it does not have: backups and tags."""

    def __init__(self, local, recovered):
        self.local, self.recovered, self.moments, self.tags = local, recovered, [], {}

    def __getattr__(self, name):
        return getattr(self.local, name)

    def describe_continuous_backups(self, TableName):
        status = "ENABLED" if TableName in self.recovered else "DISABLED"
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}}

    def update_continuous_backups(self, TableName, PointInTimeRecoverySpecification):
        self.recovered.add(TableName)

    def tag_resource(self, ResourceArn, Tags):
        self.tags[ResourceArn] = Tags

    def restore_table_to_point_in_time(self, SourceTableName, TargetTableName, RestoreDateTime):
        self.moments.append(RestoreDateTime)
        source = self.local.describe_table(TableName=SourceTableName)["Table"]
        create(self.local, TargetTableName, [i["IndexName"] for i in source.get("GlobalSecondaryIndexes", [])])
        for item in self.local.scan(TableName=SourceTableName)["Items"]:
            self.local.put_item(TableName=TargetTableName, Item=item)


def create(client, name, indexes=()):
    """Makes a table with the keys of data.yaml."""
    key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    more = {"GlobalSecondaryIndexes": [
        {"IndexName": i, "KeySchema": [{"AttributeName": "ix", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}} for i in indexes
    ]} if indexes else {}
    client.create_table(TableName=name, KeySchema=key, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[
        {"AttributeName": a, "AttributeType": "S"} for a in ["pk", "sk"] + (["ix"] if indexes else [])], **more)


class Drill(unittest.TestCase):
    def setUp(self):
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        # make tools starts DynamoDB Local and says in the environment where it is.
        self.local = boto3.client("dynamodb", "us-east-1", aws_access_key_id="local", aws_secret_access_key="local")
        self.run = uuid.uuid4().hex[:8]
        self.outputs = {"Table" + t: f"{self.run}-{t}" for t in restore.TABLES}
        for t, name in self.outputs.items():
            create(self.local, name, ["newest"] if t == "TableCore" else [])
            self.local.put_item(TableName=name, Item={"pk": {"S": t}, "sk": {"S": "x"}})
        self.stage = Stage("d" + self.run, {"d" + self.run: SECTION, f"d{self.run}-data": SECTION}, {}, None)
        self.stage.outputs = lambda stack: self.outputs

    def test_restored_tables_have_the_data_and_all_that_a_restore_leaves_out(self):
        client = Restoring(self.local, set(self.outputs.values()))
        parameters = restore.restore(self.stage, "2026-11-29T12:00:00Z", client)
        self.assertEqual(sorted(parameters), ["StreamMsg", "TableCore", "TableMsg", "TableOps"])
        self.assertEqual({m.isoformat() for m in client.moments}, {"2026-11-29T12:00:00+00:00"})
        for t in restore.TABLES:
            name = parameters["Table" + t]
            self.assertEqual(name, f"parley-d{self.run}-{t}-20261129120000")
            self.assertEqual(self.local.get_item(TableName=name, Key={"pk": {"S": "Table" + t}, "sk": {"S": "x"}})["Item"]["sk"], {"S": "x"})
            life = self.local.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            self.assertEqual((life["AttributeName"], life["TimeToLiveStatus"]), ("x", "ENABLED"))
            self.assertIn(name, client.recovered)
            table = self.local.describe_table(TableName=name)["Table"]
            self.assertTrue(table["DeletionProtectionEnabled"])
            self.assertEqual(client.tags[table["TableArn"]], [{"Key": "parley-stage", "Value": self.stage.name}])
        core = self.local.describe_table(TableName=parameters["TableCore"])["Table"]
        self.assertEqual([i["IndexName"] for i in core["GlobalSecondaryIndexes"]], ["newest"])
        messages = self.local.describe_table(TableName=parameters["TableMsg"])["Table"]
        self.assertEqual(messages["StreamSpecification"], {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        self.assertEqual(messages["LatestStreamArn"], parameters["StreamMsg"])

    def test_messages_that_have_no_recovery_stay_as_they_are(self):
        client = Restoring(self.local, {self.outputs["TableCore"], self.outputs["TableOps"]})
        self.assertEqual(sorted(restore.restore(self.stage, "2026-11-29T12:00:00+01:00", client)), ["TableCore", "TableOps"])
        self.assertEqual({m.isoformat() for m in client.moments}, {"2026-11-29T12:00:00+01:00"})

    def test_a_time_without_a_zone_is_refused(self):
        for at in ("2026-11-29T12:00:00", "2026-11-29T12:00:00.5Z"):
            with self.assertRaisesRegex(SystemExit, "with its zone"):
                restore.restore(self.stage, at, None)


if __name__ == "__main__":
    unittest.main()
