package launch

import "strings"

// All names every server that tests know, the defaults first.
func All() []string {
	return []string{"mariadb-10.11", "postgres-15", "mariadb-11.8", "mysql-9.7", "mysql-5.6", "postgres-18"}
}

// Fast gives options that make a server quick and small for tests: nothing is
// durable, memory is little, rows and packets may be large.
func Fast(name string) []string {
	if strings.HasPrefix(name, "postgres") {
		return []string{
			"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "max_wal_size=1GB",
			"-c", "autovacuum=off", // its snapshots come at any moment; tests are too short to need it
			"-c", "dynamic_shared_memory_type=mmap", // in its folder: a killed server leaves nothing elsewhere
		}
	}
	options := []string{
		"--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-buffer-pool-size=64M",
		"--max-allowed-packet=512M", "--max-connections=400", "--innodb-flush-method=nosync",
	}
	switch {
	case strings.HasPrefix(name, "mariadb"):
		options = append(options, "--innodb-log-file-size=256M")
	case name == "mysql-5.6": // a row takes at most a tenth of its log
		options = append(options, "--innodb-log-file-size=350M", "--innodb-flush-method=O_DSYNC")
	default:
		options = append(options, "--innodb-redo-log-capacity=1G", "--innodb-doublewrite=OFF")
	}
	return options
}
