/* SPDX-License-Identifier: MIT */
#ifndef HW_BIN_NOTIFY_H
#define HW_BIN_NOTIFY_H

/* What a service manager is told (sd_notify(3)): nothing where there is none,
 * that is without $NOTIFY_SOCKET. */

/* We are ready for input; `status` says what we do. */
void notify_ready(const char *status);
void notify_stopping(void);
/* We are alive: tells the watchdog, if there is one and it is time.  Returns
 * the milliseconds until it must hear of us again; -1: never. */
int notify_alive(void);

#endif
