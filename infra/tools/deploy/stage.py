"""What is known of a stage: its parameters in samconfig.toml, and its stacks."""
import sys
import tomllib

# The parameters of the stack of the data. All others are parameters of the program.
OF_DATA = ("Removal", "RestoreMessages", "TableKey", "Seal", "SealKeyRotation")


def read_config(path="samconfig.toml"):
    """Returns the sections of samconfig.toml by name."""
    with open(path, "rb") as file:
        return {name: section for name, section in tomllib.load(file).items() if isinstance(section, dict)}


class Stage:
    """A stage with its two stacks. extra are parameters that the caller gives."""

    def __init__(self, name, config, extra, cloudformation):
        self.name, self.config, self.extra, self.cloudformation = name, config, extra, cloudformation
        self.data, self.program = f"parley-{name}-data", f"parley-{name}"
        self.second = name + "next"  # the name of a second program on the same data
        self.canary = f"parley-{self.second}"

    def known(self):
        return self.name in self.config and self.name + "-data" in self.config

    def data_parameters(self):
        return self._section(self.name + "-data") | {k: v for k, v in self.extra.items() if k in OF_DATA}

    def program_parameters(self):
        return self._section(self.name) | {k: v for k, v in self.extra.items() if k not in OF_DATA}

    def _section(self, section):
        text = self.config[section]["deploy"]["parameters"].get("parameter_overrides", "")
        return dict(pair.split("=", 1) for pair in text.split())

    def describe(self, stack):
        """Returns what CloudFormation says of a stack, or None if it does not exist."""
        try:
            return self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except self.cloudformation.exceptions.ClientError as e:
            if "does not exist" in str(e):
                return None
            raise

    def outputs(self, stack):
        found = self.describe(stack) or {}
        return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}

    def deployed_parameters(self, stack):
        found = self.describe(stack) or {}
        return {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", [])}

    def is_for_tests(self):
        """Whether the stage may be removed with its data."""
        return self.data_parameters().get("Removal") == "Delete"


def missing(stage, env, identity, deploys=True):
    """Returns a list of sentences: what a verb lacks. identity returns the AWS account; deploys: the verb deploys."""
    if not stage.known():
        stages = [s for s in stage.config if s + "-data" in stage.config]
        return [f"samconfig.toml has no stage {stage.name!r}, only {', '.join(stages)}: copy its two sections"]
    lack = []
    if deploys and env.get("ARCH") not in ("arm64", "x86_64"):
        lack.append("ARCH is not given: make deploy ARCH=arm64 (or x86_64)")
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    if not region:
        lack.append("the region is not given: export AWS_REGION=eu-central-1")
    values = stage.program_parameters()
    if deploys and values.get("Alarms") != "false" and not values.get("AlarmTopic"):
        lack.append("alarms would reach nobody: AlarmTopic=arn:aws:sns:... (or Alarms=false)")
    if region:
        try:
            print("account", identity(), "region", region, file=sys.stderr)
        except Exception as e:  # of any kind: it is shown
            lack.append(f"no credentials that work: {e}")
    return lack
