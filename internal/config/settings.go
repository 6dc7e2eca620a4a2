package config

import "strings"

// Setting is a key of the configuration with the value that holds, given or by
// default.
type Setting struct {
	Key   string `json:"key"` // with the keys above it, as sources.mysql.type
	Value string `json:"value"`
}

// Settings lists all that the configuration says, without passwords and without
// keys that mean nothing any more.
func (c *Config) Settings() []Setting {
	list := settings(nil, "", c.fields())
	for _, s := range c.Sources {
		list = settings(list, "sources."+s.Name+".", s.fields())
	}
	for i := range list {
		switch {
		case list[i].Value != "":
		case list[i].Key == "mask_key":
			list[i].Value = c.maskKey.String()
		case list[i].Key == "rollbar_key":
			list[i].Value = c.Messages.rollbarKey.String()
		case list[i].Key == "webhook_url":
			list[i].Value = c.Messages.webhook.String()
		case strings.HasSuffix(list[i].Key, "_conn.password"):
			list[i].Value = c.passwordSource(list[i].Key)
		}
	}
	return list
}

// passwordSource tells where a password that does not stand in the file is.
func (c *Config) passwordSource(key string) string {
	conn := &c.Target.Conn
	for _, s := range c.Sources {
		if key == "sources."+s.Name+".db_conn.password" {
			conn = &s.Conn
		}
	}
	return conn.PasswordSource()
}

func settings(list []Setting, above string, fields []field) []Setting {
	for _, f := range fields {
		switch v := f.value.(type) {
		case nil:
		case keys:
			list = settings(list, above+f.name+".", v.fields)
		case custom:
			if f.name != "sources" {
				list = append(list, Setting{above + f.name, v.show()})
			}
		default:
			list = append(list, Setting{above + f.name, v.show()})
		}
	}
	return list
}
