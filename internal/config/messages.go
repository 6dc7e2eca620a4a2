package config

import (
	"fmt"
	"net/url"

	"pgchameleon/internal/fault"
)

// Messages is where messages about a replica go beside the log.
type Messages struct {
	RollbarEnv   string
	RollbarURL   string
	WebhookLevel string

	rollbarKey, webhook origin
}

// rollbarItems is where Rollbar takes items.
const rollbarItems = "https://api.rollbar.com/api/1/item/"

func newMessages() Messages {
	return Messages{RollbarURL: rollbarItems, RollbarEnv: "production", WebhookLevel: "info",
		rollbarKey: origin{name: "rollbar_key"}, webhook: origin{name: "webhook_url"}}
}

// fields are the keys of the file about messages.
func (m *Messages) fields() []field {
	return []field{
		{name: "rollbar_key", value: secret{&m.rollbarKey.text},
			doc: "The access token (`post_server_item`) of a Rollbar project. A copy that is complete or has failed, a table that is excluded, tables that were filled again, maintenance that is done, " +
				"a replica that stops with an error: each is sent there, by its level (`--rollbar-level`), with no value of a row. Empty: nothing is sent."},
		{name: "rollbar_key_env", value: text{to: &m.rollbarKey.variable, what: "the name of a variable"},
			doc: "The environment variable that holds the token, instead of `rollbar_key`. New in this program."},
		{name: "rollbar_key_file", value: file{&m.rollbarKey.file, "a file"},
			doc: "The file that holds the token and nothing else, instead of `rollbar_key`. New in this program."},
		{name: "rollbar_env", value: text{to: &m.RollbarEnv, empty: true},
			doc: "The environment that messages to Rollbar and to the webhook name."},
		{name: "rollbar_url", value: text{to: &m.RollbarURL, what: "an address"},
			doc: "Where Rollbar takes items, for one that is not in the cloud. New in this program."},
		{name: "webhook_url", value: secret{&m.webhook.text},
			doc: "An address to which the same events are posted as JSON; [below](#webhook_url). It is shown as stars, since such addresses often hold a secret. New in this program."},
		{name: "webhook_url_env", value: text{to: &m.webhook.variable, what: "the name of a variable"},
			doc: "The environment variable that holds the address, instead of `webhook_url`. New in this program."},
		{name: "webhook_url_file", value: file{&m.webhook.file, "a file"},
			doc: "The file that holds the address and nothing else, instead of `webhook_url`. New in this program."},
		{name: "webhook_level", value: choice{&m.WebhookLevel, []string{"critical", "error", "warning", "info"}},
			doc: "The least grave events that are posted to the webhook. New in this program."},
	}
}

// check looks at what belongs together. root is the file.
func (m *Messages) check(d *decoder, root *node) {
	for _, o := range []*origin{&m.rollbarKey, &m.webhook} {
		var given []*entry
		for name, is := range map[string]bool{o.name: !o.text.Empty(), o.name + "_env": o.variable != "", o.name + "_file": o.file != ""} {
			if e := root.entry(name); e != nil && is {
				given = append(given, e)
			}
		}
		if len(given) == 0 {
			continue
		}
		at := given[0].key
		o.place = fmt.Sprintf("%s:%d", d.path, at.line)
		if len(given) > 1 {
			d.fail(at.line, at.column, "give one of %[1]s, %[1]s_env and %[1]s_file, not %[2]d", o.name, len(given))
		}
	}
	if m.RollbarEnv == "" { // as pg_chameleon's files have it where nothing is sent
		m.RollbarEnv = newMessages().RollbarEnv
	}
}

// RollbarKey looks the token up; "" means that nothing is sent.
func (c *Config) RollbarKey() (string, error) {
	key, err := c.Messages.rollbarKey.find(c.env)
	if err != nil || key.Empty() {
		return "", err
	}
	return key.Reveal(), address("rollbar_url in "+c.Path, c.Messages.RollbarURL)
}

// WebhookURL looks the address up; "" means that nothing is posted.
func (c *Config) WebhookURL() (string, error) {
	found, err := c.Messages.webhook.find(c.env)
	if err != nil || found.Empty() {
		return "", err
	}
	return found.Reveal(), address(c.Messages.webhook.place+": webhook_url", found.Reveal())
}

// address makes sure that messages can be posted there. It is not shown: it may hold a secret.
func address(what, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fault.New(fault.Config, "give an address that begins with https:// or http://", "%s is not the address of a web server", what)
	}
	return nil
}
