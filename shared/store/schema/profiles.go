package schema

// Profiles is the part of a profile that no send needs. The rest is in the account.
const Profiles Aggregate = "profiles"

func profiles() Descriptor {
	return Descriptor{
		Aggregate: Profiles, Table: Core,
		Reads: []string{getMany}, Writes: []string{update, remove},
		Kinds: []Kind{{In: profileForm(), SK: skProfile, Prefix: skProfile}},
	}
}

const skProfile = "PRF"

// Attributes of a profile, `PRF`
const (
	ProfileGender          Attribute = "g"  // text: gender
	ProfileBirthday        Attribute = "bd" // number: birthday, yyyymmdd
	ProfileLocation        Attribute = "lo" // text: location
	ProfileSignature       Attribute = "sg" // text: what the user says of himself
	ProfileLanguage        Attribute = "la" // number: language
	ProfileMessageSettings Attribute = "ms" // number: how messages are received, bits
	ProfileLevel           Attribute = "le" // number: level
	ProfileRole            Attribute = "ro" // number: role
	ProfileEmail           Attribute = "em" // text: e-mail address
	ProfileBirth           Attribute = "bi" // text: birthday, as another dialect writes it
	ProfileMobile          Attribute = "mo" // text: mobile number
	ProfilePhone           Attribute = "ph" // text: telephone number
	ProfileExtra           Attribute = "ex" // text: anything
	ProfileMetadata        Attribute = "md" // text: metadata of another dialect

	ProfileCustom Family = "c." // text: the custom field {name}
)

func profileForm() Form { return Form{Kind: "PR", ID: "user"} }

// ProfileKey is the part of a user's profile that no send needs (PRF).
func ProfileKey(app int64, user string) Key {
	return Key{PK: profileForm().pk(app, user), SK: skProfile}
}
