BRG_PLUGIN([connector], [smtp], [email to SMTP servers], [libcrypto])
