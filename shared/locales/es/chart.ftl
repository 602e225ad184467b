## A conversation as text, for a patient's chart
# review: machine

chart-exported = Copiado
chart-recalled = Este mensaje fue retirado
chart-recall = Retiro del mensaje
chart-correction = Corrección del mensaje
chart-unreadable = Este mensaje no se puede mostrar
