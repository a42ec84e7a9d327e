BRG_PLUGIN([connector], [pop3], [email from POP3 servers], [libcrypto])
