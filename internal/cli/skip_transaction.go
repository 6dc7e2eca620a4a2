package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pgchameleon/internal/config"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
)

func (a *App) skipTransaction() *cobra.Command {
	var gtid, position, reason string
	var withdraw int64
	command := &cobra.Command{
		Use:   "skip_transaction",
		Short: "Pass over one transaction of the source that the replica cannot get past",
		Long: "Nothing of the transaction is applied, and the tracked schema stays as it is: where it held DDL, tables whose rows\n" +
			"then look otherwise are excluded, never written wrongly. Who asked for it, and what was passed over, is kept in\n" +
			"the catalogue. It may be asked for while the replica runs or is stopped.",
		RunE: a.onSource(func(cmd *cobra.Command, _ *config.Config, e Engine) error {
			given := 0
			for _, is := range []bool{gtid != "", position != "", withdraw != 0} {
				if is {
					given++
				}
			}
			if given != 1 {
				return fault.New(fault.Config, "the log and show_errors name the transaction", "skip_transaction needs one of --gtid, --position and --withdraw")
			}
			if withdraw != 0 {
				if err := e.WithdrawSkip(cmd.Context(), a.flags.source, withdraw); err != nil {
					return err
				}
				fmt.Fprintf(a.Out, "transaction %d is not passed over any more\n", withdraw)
				return nil
			}
			wish := status.Wish{GTID: gtid, Reason: reason}
			if position != "" {
				var err error
				if wish.File, wish.Offset, err = place(position); err != nil {
					return err
				}
			}
			if err := e.SkipTransaction(cmd.Context(), a.flags.source, wish, actor()); err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "the transaction %s is passed over when the stream comes to it\n", gtid+position)
			return nil
		}),
	}
	f := command.Flags()
	f.StringVar(&gtid, "gtid", "", "the transaction: uuid:number or uuid:tag:number of MySQL, domain-server-number of MariaDB")
	f.StringVar(&position, "position", "", "the transaction that begins at FILE:OFFSET of the binary log, or has that place in it")
	f.StringVar(&reason, "reason", "", "why, for those who read the catalogue later")
	f.Int64Var(&withdraw, "withdraw", 0, "take the wish of this id back, as show_status lists it")
	return command
}

// place reads FILE:OFFSET.
func place(text string) (file string, offset uint64, err error) {
	at := strings.LastIndexByte(text, ':')
	if at > 0 {
		offset, err = strconv.ParseUint(text[at+1:], 10, 63)
	}
	if at <= 0 || err != nil {
		return "", 0, fault.New(fault.Config, "as binlog.000042:1234", "%q is not FILE:OFFSET", text)
	}
	return text[:at], offset, nil
}
