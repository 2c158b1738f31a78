"""Releases of a stage: the packaged template of each deployment, in the bucket of SAM CLI.

The template names the code and the nested templates, which the bucket has by their content. So a release can be
deployed again without its source."""
import datetime
import subprocess

MANAGED = "aws-sam-cli-managed-default"  # the stack of the bucket, which SAM CLI makes
PACKAGED = ".aws-sam/packaged.yaml"


def identify():
    """Returns the name of a new release: names of later ones are greater."""
    try:
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ-") + commit


class Releases:
    """The releases of a stage. Each is an object, and the object "current" has the name of the one that runs."""

    def __init__(self, stage, s3):
        self.stage, self.s3 = stage, s3
        self.prefix = f"parley-{stage.name}/releases/"

    def bucket(self):
        found = self.stage.outputs(MANAGED)
        if "SourceBucket" not in found:
            raise SystemExit(f"the stack {MANAGED} does not exist: nothing was deployed in this account and region")
        return found["SourceBucket"]

    def record(self, release, template):
        """Stores a release that was deployed."""
        bucket = self.bucket()
        self.s3.put_object(Bucket=bucket, Key=f"{self.prefix}{release}.yaml", Body=template)
        self.s3.put_object(Bucket=bucket, Key=self.prefix + "current", Body=release.encode())

    def publish(self, release, files, region):
        """Stores templates that other tools deploy, and returns their addresses."""
        bucket = self.bucket()
        addresses = []
        for name, text in files.items():
            key = f"parley-{self.stage.name}/packages/{release}/{name}"
            self.s3.put_object(Bucket=bucket, Key=key, Body=text)
            addresses.append(f"https://{bucket}.s3.{region}.amazonaws.com/{key}")
        return addresses

    def names(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket(), Prefix=self.prefix)
        keys = [o["Key"] for page in pages for o in page.get("Contents", [])]
        return sorted(k[len(self.prefix):-len(".yaml")] for k in keys if k.endswith(".yaml"))

    def before(self):
        """Returns the release before the one that runs, and its template."""
        bucket = self.bucket()
        try:
            current = self.s3.get_object(Bucket=bucket, Key=self.prefix + "current")["Body"].read().decode()
        except self.s3.exceptions.NoSuchKey:
            raise SystemExit(f"no release of {self.stage.name} is known") from None
        earlier = [name for name in self.names() if name < current]
        if not earlier:
            raise SystemExit(f"{current} is the first release of {self.stage.name} that is known")
        return earlier[-1], self.s3.get_object(Bucket=bucket, Key=f"{self.prefix}{earlier[-1]}.yaml")["Body"].read()
