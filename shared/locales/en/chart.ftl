## A conversation as text, for a patient's chart
# review: machine

chart-exported = Copied
chart-recalled = This message was recalled
chart-recall = Recall of message
chart-correction = Correction of message
chart-unreadable = This message cannot be shown
