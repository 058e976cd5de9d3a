-- Run once by the PostgreSQL image, as its superuser, when the data folder is new: the role that Esteira connects as, which owns its
-- database and is no superuser. The password comes from the environment of the container (default: app).
\getenv password ESTEIRA_APP_PASSWORD
CREATE ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE ecommerce OWNER app ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE ecommerce FROM PUBLIC;
