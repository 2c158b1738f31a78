"""The seal key of a small stage: a SecureString of Systems Manager, which CloudFormation cannot make."""
import secrets


def name(stage):
    return f"/parley/{stage}/seal-key"


def ensure(stage, ssm):
    """Makes the parameter of a stage that needs one. It never replaces a key: nothing else opens what it sealed."""
    wanted = stage.data_parameters().get("Seal", "kms")
    before = stage.deployed_parameters(stage.data).get("Seal", wanted)
    if before != wanted:
        raise SystemExit(f"the secrets of {stage.name} are sealed with Seal={before}: Seal={wanted} could not open them")
    if wanted != "parameter":
        return
    try:
        ssm.put_parameter(
            Name=name(stage.name), Type="SecureString", Tier="Standard", Value=secrets.token_hex(32), Overwrite=False,
            Description="Seals the secrets of Parley applications", Tags=[{"Key": "parley-stage", "Value": stage.name}])
        print("made the seal key", name(stage.name))
    except ssm.exceptions.ParameterAlreadyExists:
        pass


def delete(stage, ssm):
    if stage.data_parameters().get("Seal") != "parameter":
        return
    try:
        ssm.delete_parameter(Name=name(stage.name))
    except ssm.exceptions.ParameterNotFound:
        pass
