package schema

import (
	"fmt"
	"strconv"
)

// Apps is the settings and admins of applications, and the list of applications.
const Apps Aggregate = "apps"

func apps() Descriptor {
	return Descriptor{
		Aggregate: Apps, Table: Core,
		Reads: []string{query}, Writes: []string{put, update, remove},
		Kinds: []Kind{
			{In: appForm(), SK: skSettings, Prefix: skSettings},
			{In: appForm(), SK: prefixAdmin + "{user}", Prefix: prefixAdmin, parse: accepts(ParseAdminSK)},
			{In: registryForm(), SK: "{app:10 digits}", parse: accepts(ParseRegistrySK)},
		},
	}
}

const (
	skSettings  = "CFG"
	prefixAdmin = "ADM#"
)

// Attributes of the settings of an application, `CFG`; each setting and limit has one more, which shared/domain/apps names
const (
	AppCreated       Attribute = "ct" // number, s: when the application was created
	AppUpdated       Attribute = "ut" // number, s: when the settings were changed last
	AppKeys          Attribute = "ks" // bytes: number, creation and end of each signing key, JSON
	AppProfileFields Attribute = "pf" // bytes: the custom profile fields, JSON
	AppFriendFields  Attribute = "ff" // bytes: the custom friend fields, JSON
	AppGroupFields   Attribute = "gf" // bytes: the custom fields of groups, JSON
	AppMemberFields  Attribute = "mf" // bytes: the custom fields of members of groups, JSON
)

// Attributes of an entry in the list of applications, `APPS`
const (
	RegistryName    Attribute = "n"  // text: name of the application
	RegistryCreated Attribute = "ct" // number, s: when the application was created
)

func appForm() Form { return Form{Kind: "A"} }

// AppPK is the partition of an application: settings and admins.
func AppPK(app int64) string { return appForm().pk(app, "") }

// SettingsKey is the settings of an application (CFG).
func SettingsKey(app int64) Key { return Key{PK: AppPK(app), SK: skSettings} }

// IsSettingsSK reports whether an item in the partition of an application is its settings.
func IsSettingsSK(sk string) bool { return sk == skSettings }

// AdminKey is an admin of an application (ADM#user).
func AdminKey(app int64, user string) Key { return Key{PK: AppPK(app), SK: prefixAdmin + user} }

// ParseAdminSK returns the user who is an admin.
func ParseAdminSK(sk string) (user string, ok bool) { return cutID(sk, prefixAdmin) }

func registryForm() Form { return Form{Kind: "APPS", Key: "APPS"} }

// RegistryPK is the partition of the list of applications.
func RegistryPK() string { return registryForm().Key }

// RegistryKey is the entry of an application in the list of applications. The entries
// are in the order of their numbers.
func RegistryKey(app int64) Key { return Key{PK: RegistryPK(), SK: fmt.Sprintf("%010d", app)} }

// ParseRegistrySK returns the application of an entry in the list of applications.
func ParseRegistrySK(sk string) (app int64, ok bool) {
	app, err := strconv.ParseInt(sk, 10, 64)
	return app, err == nil && app >= 0 && fmt.Sprintf("%010d", app) == sk
}
