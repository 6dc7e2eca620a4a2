package cli

// manual is what a command's page has besides its flags and what it says of itself.
type manual struct {
	long     string   // of a command that says nothing of itself but a line
	takes    []string // the flags of every command that this one heeds, the needed ones first
	needs    int      // how many of them are needed
	examples []example
	see      []string // other commands
}

// example is a command line, and what it is for.
type example struct{ does, line string }

// manuals has an entry for each command.
var manuals = map[string]manual{
	"set_configuration_files": {
		long:     "Makes ~/.pg_chameleon, or what CHAMELEON_HOME says, with the folders configuration, logs and pid. configuration/config-example.yml has every key with what it means, and is written anew each time; default.yml is made from it if there is none, and never changed afterwards.",
		examples: []example{{"Make the folder, then edit default.yml in it", "chameleon set_configuration_files"}},
		see:      []string{"show_config"},
	},
	"show_config": {
		long:     "Reads the configuration and prints every key with the value that holds, given or by default. What is wrong with it is an error with line and column; keys of pg_chameleon that mean nothing any more are noted with the reason. Nothing is connected to.",
		takes:    []string{"config"},
		examples: []example{{"See what holds, defaults too", "chameleon show_config"}, {"In a script", "chameleon show_config --config shop --json | jq .settings"}},
		see:      []string{"show_sources", "set_configuration_files"},
	},
	"show_sources": {
		long:     "Lists the sources with their hosts, users and schema mappings as the configuration has them. Nothing is connected to; show_status tells how they are.",
		takes:    []string{"config"},
		examples: []example{{"List what --source can name", "chameleon show_sources"}},
		see:      []string{"add_source", "show_status"},
	},
	"create_replica_schema": {
		long:     "The catalogue holds the positions, the tables' states, the errors and what is known of the source's tables. It is made once, and brought up to date by the same command after a new version of the program. The user of pg_conn needs CREATE on the database.",
		takes:    []string{"config"},
		examples: []example{{"Make the catalogue, and after a new version of the program bring it up to date", "chameleon create_replica_schema"}},
		see:      []string{"upgrade_replica_schema", "drop_replica_schema", "add_source"},
	},
	"upgrade_replica_schema": {
		takes: []string{"config"},
		examples: []example{{"See what taking over from pg_chameleon would do", "chameleon upgrade_replica_schema --dry-run"},
			{"Take over", "chameleon upgrade_replica_schema"}},
		see: []string{"create_replica_schema", "start_replica"},
	},
	"drop_replica_schema": {
		long:     "Asks for YES first. Afterwards the sources can only be replicated again by a new copy.",
		takes:    []string{"config"},
		examples: []example{{"Remove the catalogue; the tables stay", "chameleon drop_replica_schema"}, {"Without being asked", "chameleon drop_replica_schema --yes"}},
		see:      []string{"drop_source", "create_replica_schema"},
	},
	"add_source": {
		long:  "Registers a source with its schema mappings, which hold until update_schema_mappings changes them. A PostgreSQL schema belongs to one source, unless the tables of several do not meet there. Nothing is copied yet.",
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Register the source mysql of default.yml", "chameleon add_source --source mysql"}},
		see:      []string{"init_replica", "drop_source", "update_schema_mappings"},
	},
	"drop_source": {
		long:  "Asks for YES first. The process that follows the source must have been stopped. Tables, views and grants stay as they are; the position is forgotten, so the source can only be replicated again by a new copy.",
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Forget a source; its tables stay as they are", "chameleon drop_source --source mysql"}},
		see:      []string{"detach_replica", "stop_replica"},
	},
	"copy_schema": {
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Look at what the tables become, before they are copied", "chameleon copy_schema --source mysql"}},
		see:      []string{"init_replica", "translate_ddl"},
	},
	"init_replica": {
		takes: []string{"source", "config", "debug", "rollbar-level"}, needs: 1,
		examples: []example{{"Copy all tables in the background", "chameleon init_replica --source mysql"}, {"Watch a bar for each table", "chameleon init_replica --source mysql --debug"},
			{"Begin a copy anew", "chameleon init_replica --source mysql --restart"}},
		see: []string{"start_replica", "show_status", "sync_tables"},
	},
	"start_replica": {
		long:  "Goes on where the source's replica stood, as often as it is started. The command returns when the stream runs, or tells why it cannot. Lost connections are tried again. SIGHUP has the configuration read again, SIGTERM ends it once the batch in hand is applied.",
		takes: []string{"source", "config", "debug", "rollbar-level"}, needs: 1,
		examples: []example{{"Follow a source in the background", "chameleon start_replica --source mysql"}, {"In the foreground, with all that happens", "chameleon start_replica --source mysql --debug"}},
		see:      []string{"stop_replica", "start_all_replicas", "show_status", "enable_replica"},
	},
	"start_all_replicas": {
		takes:    []string{"config", "debug", "rollbar-level"},
		examples: []example{{"A daemon for each source", "chameleon start_all_replicas"}, {"One process for all, for systemd and containers", "chameleon start_all_replicas --debug"}},
		see:      []string{"stop_all_replicas", "start_replica"},
	},
	"stop_replica": {
		long:  "Lets the process on this machine that copies or follows the source finish what it has in hand, and waits until it has ended. Nothing is lost by kill -9 either: the position is in PostgreSQL.",
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Stop it once the batch in hand is applied", "chameleon stop_replica --source mysql"}},
		see:      []string{"start_replica", "stop_all_replicas"},
	},
	"stop_all_replicas": {
		long:     "As stop_replica, for each source of the configuration. A process that follows all sources ends as a whole.",
		takes:    []string{"config"},
		examples: []example{{"Stop all processes of the configuration", "chameleon stop_all_replicas"}},
		see:      []string{"start_all_replicas", "stop_replica"},
	},
	"pause_replay": {
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Keep the tables as they are for a while", "chameleon pause_replay --source mysql"}},
		see:      []string{"resume_replay", "show_status"},
	},
	"resume_replay": {
		long:  "What has been read meanwhile is applied in order, then the replica is as before.",
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"Let the tables go on", "chameleon resume_replay --source mysql"}},
		see:      []string{"pause_replay"},
	},
	"sync_tables": {
		takes: []string{"source", "tables", "config"}, needs: 2,
		examples: []example{{"Two tables", "chameleon sync_tables --source mysql --tables shop.orders,shop.items"}, {"All that are excluded", "chameleon sync_tables --source mysql --tables disabled"},
			{"See how far they are", "chameleon show_status --source mysql --watch"}},
		see: []string{"refresh_schema", "show_errors", "show_status"},
	},
	"refresh_schema": {
		takes: []string{"source", "schema", "config"}, needs: 2,
		examples: []example{{"All tables of the database shop", "chameleon refresh_schema --source mysql --schema shop"}},
		see:      []string{"sync_tables", "update_schema_mappings"},
	},
	"update_schema_mappings": {
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"After a change of schema_mappings in the configuration", "chameleon update_schema_mappings --source mysql"}},
		see:      []string{"refresh_schema", "show_status"},
	},
	"run_maintenance": {
		takes: []string{"source", "full", "config", "rollbar-level"}, needs: 1,
		examples: []example{{"Vacuum and analyse while all goes on", "chameleon run_maintenance --source mysql"}, {"Give room back to the system", "chameleon run_maintenance --source mysql --full"}},
		see:      []string{"show_status"},
	},
	"enable_replica": {
		long:  "A replica that has stopped with an error is not started again by itself. See show_errors for the reason, mend it, then run this and start_replica. A pause by pause_replay ends too.",
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"After what stopped it is mended", "chameleon enable_replica --source mysql && chameleon start_replica --source mysql"}},
		see:      []string{"show_errors", "start_replica", "resume_replay"},
	},
	"detach_replica": {
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"See every statement, and do nothing", "chameleon detach_replica --source mysql --dry-run"}, {"Cut over", "chameleon detach_replica --source mysql"}},
		see:      []string{"stop_replica", "drop_source"},
	},
	"show_status": {
		takes: []string{"source", "schema", "tables", "full", "config"},
		examples: []example{{"All sources", "chameleon show_status"}, {"One with its tables, again every second", "chameleon show_status --source mysql --watch"},
			{"How far the applying is behind, in nanoseconds", "chameleon show_status --source mysql --json | jq .replay_lag_ns"}},
		see: []string{"show_errors", "sync_tables"},
	},
	"show_errors": {
		takes: []string{"source", "logid", "schema", "tables", "full", "config"},
		examples: []example{{"Those of all sources", "chameleon show_errors"}, {"Those of one", "chameleon show_errors --source mysql"}, {"One in full, with its statement", "chameleon show_errors --logid 12"},
			{"Those of one table, by its name in PostgreSQL", "chameleon show_errors --source mysql --tables web.orders"}},
		see: []string{"show_status", "sync_tables", "enable_replica"},
	},
	"translate_ddl": {
		takes: []string{"source", "schema", "config"}, needs: 1,
		examples: []example{{"One statement", "chameleon translate_ddl --source mysql --schema shop --statement 'ALTER TABLE orders ADD note TEXT'"},
			{"A migration", "chameleon translate_ddl --source mysql --schema shop < migration.sql"}},
		see: []string{"apply_held", "copy_schema"},
	},
	"apply_held": {
		takes: []string{"source", "tables", "config"}, needs: 1,
		examples: []example{{"The statement that show_status lists as 7", "chameleon apply_held --source mysql --id 7"}},
		see:      []string{"skip_held", "show_status", "translate_ddl"},
	},
	"skip_held": {
		takes: []string{"source", "tables", "config"}, needs: 1,
		examples: []example{{"The statement that a table waits for", "chameleon skip_held --source mysql --tables shop.orders"}},
		see:      []string{"apply_held", "show_status"},
	},
	"skip_transaction": {
		takes: []string{"source", "config"}, needs: 1,
		examples: []example{{"On MariaDB", "chameleon skip_transaction --source mysql --gtid 0-1-42 --reason 'a row that nobody can store'"},
			{"By its place in the binary log", "chameleon skip_transaction --source mysql --position binlog.000042:1234"}, {"Take a wish back", "chameleon skip_transaction --source mysql --withdraw 3"}},
		see: []string{"show_status", "show_errors"},
	},
	"completion": {
		examples: []example{{"For bash, in this session", "source <(chameleon completion bash)"}, {"For bash, for all users", "chameleon completion bash > /etc/bash_completion.d/chameleon"},
			{"For zsh, in a folder of its fpath", `chameleon completion zsh > "${fpath[1]}/_chameleon"`},
			{"For fish", "chameleon completion fish > ~/.config/fish/completions/chameleon.fish"}},
	},
	"man": {
		examples: []example{{"Make the manual pages of all commands", "chameleon man --dir ~/.local/share/man/man1"}},
		see:      []string{"completion"},
	},
	"version": {
		long:     "Prints the version of the program.",
		examples: []example{{"Say which version this is", "chameleon version"}},
	},
}
