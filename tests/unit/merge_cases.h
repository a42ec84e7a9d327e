/* SPDX-License-Identifier: Apache-2.0
 *
 * Merges by example. JSON with ' for ": both shadows, record and item, what was pushed and not
 * read back (NULL: nothing); then the record, what is pushed, what lost.
 */
#define AT(name, time) "'" name "':{'local':'2026-11-30T" time ":00','zone':'Europe/Stockholm'}"
#define START_NINE     AT("start", "09:00")
#define START_EIGHT    AT("start", "08:00")
#define START_ELEVEN   AT("start", "11:00")
#define END_EIGHT      AT("end", "08:00")
#define NINE	       START_NINE "," AT("end", "10:00")
#define LONGER	       START_NINE "," AT("end", "11:00")
#define EIGHT	       START_EIGHT "," AT("end", "10:00")
#define WRONG	       START_ELEVEN "," AT("end", "10:00")
#define SEVENTH	       "'2026-12-07T09:00:00'"
#define FOURTEENTH     "'2026-12-14T09:00:00'"

static const struct example {
	int kind, role;
	int64_t record_us;
	const char *base_record, *base_item, *record, *item, *pushed;
	const char *result, *push, *losses;
} examples[] = {
	/* Written and not read back; a person has put other entries there: ours were taken out. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'categories':['Red']}", "{}", "{'categories':['Red']}",
	  "{'categories':['Blue']}", "{'categories':['Red']}", "{'categories':['Blue']}", "{}",
	  "" },
	/* None came: the server takes none, and the record keeps its own. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'categories':['Red','Sea']}", "{}",
	  "{'categories':['Red','Sea']}", "{'categories':['Red']}", "{'categories':['Red','Sea']}",
	  "{'categories':['Red','Sea']}", "{}", "" },
	/* The server cut a value short: nobody changed it. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'job_title':'Chief executive'}",
	  "{'job_title':'Chief ex'}", "{'job_title':'Chief executive'}", "{'job_title':'Chief ex'}",
	  NULL, "{'job_title':'Chief executive'}", "{}", "" },
	/* Only fields that the item changed are taken: the city stays as rich as it was. */
	{ BRG_CONTACT, ROLE_OWN, AFTER,
	  "{'business_street':'Storgatan 1','business_city':'Lund, Sweden'}",
	  "{'business_street':'Storgatan 1','business_city':'Lund'}",
	  "{'business_street':'Storgatan 1','business_city':'Lund, Sweden'}",
	  "{'business_street':'Kungsgatan 2','business_city':'Lund'}", NULL,
	  "{'business_street':'Kungsgatan 2','business_city':'Lund, Sweden'}", "{}", "" },
	/* What the item does not tell is no change. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'a','business_city':'b'}", "{'business_street':'c'}", NULL,
	  "{'business_street':'c','business_city':'b'}", "{}", "" },
	/* A group is written whole, and what was there is cleared. */
	{ BRG_CONTACT, ROLE_OWN, AFTER,
	  "{'business_street':'a','business_city':'b','business_state':'c'}",
	  "{'business_street':'a','business_city':'b','business_state':'c'}",
	  "{'business_street':'x','business_city':'b'}",
	  "{'business_street':'a','business_city':'b','business_state':'c'}", NULL,
	  "{'business_street':'x','business_city':'b'}",
	  "{'business_street':'x','business_city':'b','business_state':null}", "" },
	/* Both sides made the same change, and ours another one. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'x','business_city':'y'}",
	  "{'business_street':'x','business_city':'b'}", NULL,
	  "{'business_street':'x','business_city':'y'}",
	  "{'business_street':'x','business_city':'y'}", "" },
	/* The same, and theirs another one. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'x','business_city':'b'}",
	  "{'business_street':'x','business_city':'y'}", NULL,
	  "{'business_street':'x','business_city':'y'}", "{}", "" },
	/* The mailbox was last: all of the group is its, as rich as it was. */
	{ BRG_CONTACT, ROLE_OWN, BEFORE, "{'business_street':'a','business_city':'b, c'}",
	  "{'business_street':'a','business_city':'b'}",
	  "{'business_street':'x','business_city':'z'}",
	  "{'business_street':'y','business_city':'b'}", NULL,
	  "{'business_street':'y','business_city':'b, c'}", "{}",
	  "business_address store 161 {'business_street':'x','business_city':'z'}" },
	/* First contact: each side gives what the other lacks, lists come together, blanks do not
	   count. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{}", "{}",
	  "{'job_title':'Boss','body':'a long text','categories':['a','b'],'business_street':'s'}",
	  "{'company':'Firm','body':'a  long text','categories':['b','c'],'business_street':'s','business_city':'t','job_title':null}",
	  NULL,
	  "{'file_as':'Firm','company':'Firm','job_title':'Boss','body':'a long text','categories':['a','b','c'],'business_street':'s','business_city':'t'}",
	  "{'file_as':'Firm','job_title':'Boss','categories':['a','b','c']}", "" },
	/* First contact with values that differ: all of the group comes from one side. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{}", "{}", "{'business_street':'s','business_city':'c'}",
	  "{'business_street':'t','business_state':'u'}", NULL,
	  "{'business_street':'s','business_city':'c'}",
	  "{'business_street':'s','business_city':'c','business_state':null}",
	  "business_address server 160 {'business_street':'t','business_state':'u'}" },
	/* First contact of the same thing. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{}", "{}", "{'job_title':'Boss'}", "{'job_title':'Boss'}",
	  NULL, "{'job_title':'Boss'}", "{}", "" },
	/* What was written has arrived, cut short. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'job_title':'a'}", "{'job_title':'a'}",
	  "{'job_title':'Chief executive'}", "{'job_title':'Chief ex'}",
	  "{'job_title':'Chief executive'}", "{'job_title':'Chief executive'}", "{}", "" },
	/* It has not arrived, though what is there could be the beginning of it. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'job_title':'Chief'}", "{'job_title':'Chief'}",
	  "{'job_title':'Chief executive'}", "{'job_title':'Chief'}",
	  "{'job_title':'Chief executive'}", "{'job_title':'Chief executive'}",
	  "{'job_title':'Chief executive'}", "" },
	/* Part of it has arrived, and the server left out the rest. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{}", "{}", "{'job_title':'Chief','pager':'1'}",
	  "{'job_title':'Chief','pager':null}", "{'job_title':'Chief','pager':'1'}",
	  "{'job_title':'Chief','pager':'1'}", "{}", "" },
	/* It has arrived, and somebody cleared another field of it meanwhile. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'job_title':'a','pager':'0'}",
	  "{'job_title':'a','pager':'0'}", "{'job_title':'Chief','pager':'1'}",
	  "{'job_title':'Chief','pager':null}", "{'job_title':'Chief','pager':'1'}",
	  "{'job_title':'Chief','pager':'1'}", "{'pager':'1'}", "pager server 160 {'pager':null}" },
	/* Somebody wrote there after us. */
	{ BRG_CONTACT, ROLE_OWN, BEFORE, "{'job_title':'a'}", "{'job_title':'a'}",
	  "{'job_title':'ours'}", "{'job_title':'theirs'}", "{'job_title':'ours'}",
	  "{'job_title':'theirs'}", "{}", "job_title store 161 {'job_title':'ours'}" },
	/* It has arrived, and ours is another one again. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'job_title':'a'}", "{'job_title':'a'}",
	  "{'job_title':'second'}", "{'job_title':'first'}", "{'job_title':'first'}",
	  "{'job_title':'second'}", "{'job_title':'second'}", "" },
	/* A part was written and has arrived; another was taken away, and still is there. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{" NINE ",'attendees':{'b@x':{'role':'optional'}}}",
	  "{" NINE
	  ",'attendees':{'a@x':{'role':'required'},'b@x':{'role':'optional','response':'none'}}}",
	  "{'attendees':{'b@x':{'role':'optional'},'a@x':null,'...':null}}",
	  "{" NINE ",'attendees':{'b@x':{'role':'optional'}}}",
	  "{'attendees':{'a@x':null,'...':null},'occurrences':null}", "" },
	/* An occurrence was called off, and is. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{'occurrences':{" SEVENTH ":null,'...':null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* A thing that the server had cut short is taken off the list. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'categories':['a','long name']}",
	  "{'categories':['a','long']}", "{'categories':['a','long name']}", "{'categories':['a']}",
	  NULL, "{'categories':['a']}", "{}", "" },
	/* One side takes off the list what the other adds. */
	{ BRG_CONTACT, ROLE_OWN, AFTER, "{'categories':['a','b']}", "{'categories':['a','c']}",
	  "{'categories':['a','c']}", "{'categories':['a','b']}", NULL,
	  "{'categories':['a','b','c']}", "{'categories':['a','b','c']}", "" },
	/* A name is made of its parts. */
	{ BRG_CONTACT, ROLE_OWN, AFTER,
	  "{'full_name':'Anna Berg','file_as':'Berg, Anna','given':'Anna','surname':'Berg'}",
	  "{'given':'Anna','surname':'Berg','full_name':'Anna Berg','file_as':'Berg, Anna'}",
	  "{'full_name':'Anna Berg','file_as':'Berg, Anna','given':'Anna','surname':'Berg'}",
	  "{'given':'Eva','surname':'Berg','full_name':'Eva Berg','file_as':'Berg, Anna'}", NULL,
	  "{'full_name':'Eva Berg','file_as':'Berg, Eva','given':'Eva','surname':'Berg'}",
	  "{'file_as':'Berg, Eva'}", "" },
	/* The name that lost was made of a given name that lost. */
	{ BRG_CONTACT, ROLE_OWN, BEFORE,
	  "{'full_name':'Anna Berg','file_as':'Anna Berg','given':'Anna','surname':'Berg'}",
	  "{'given':'Anna','surname':'Berg','full_name':null}",
	  "{'full_name':'Eva Berg','file_as':'Anna Berg','given':'Eva','surname':'Berg'}",
	  "{'given':'Anna','surname':'Lund','full_name':null}", NULL,
	  "{'full_name':'Anna Lund','file_as':'Anna Berg','given':'Anna','surname':'Lund'}",
	  "{'full_name':'Anna Lund'}", "name store 161 {'given':'Eva'}" },
	/* The item tells that a task is done, and nothing of the percent. */
	{ BRG_TASK, ROLE_OWN, AFTER, "{'status':'in_progress','percent':50}",
	  "{'status':'in_progress'}", "{'status':'in_progress','percent':50}",
	  "{'status':'completed'}", NULL, "{'status':'completed'}", "{}",
	  "status store 168 {'status':'in_progress','percent':50}" },
	/* Both changed the status, so that it does not go together. */
	{ BRG_TASK, ROLE_OWN, BEFORE, "{'status':'in_progress','percent':50}",
	  "{'status':'in_progress','percent':50}",
	  "{'status':'completed','percent':100,'completed':7}", "{'status':'waiting','percent':50}",
	  NULL, "{'status':'waiting','percent':50}", "{}",
	  "status store 161 {'status':'completed','percent':100,'completed':7}" },
	/* An item that is wrong by itself changes nothing. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE "}", "{" NINE "}", "{" NINE "}", "{" WRONG "}",
	  NULL, "{" NINE "}", "{'attendees':null,'occurrences':null}",
	  "time server 168 {" START_ELEVEN "}" },
	/* It does so even if ours changed too. */
	{ BRG_APPOINTMENT, ROLE_OWN, BEFORE, "{" NINE "}", "{" NINE "}", "{" EIGHT "}",
	  "{" WRONG "}", NULL, "{" EIGHT "}", "{" EIGHT ",'attendees':null,'occurrences':null}",
	  "time server 168 {" START_ELEVEN "}" },
	/* Only a later start is told, and the end was ours alone. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'all_day':false}", "{" START_NINE "}",
	  "{" NINE ",'all_day':false}", "{" START_ELEVEN "}", NULL,
	  "{" START_ELEVEN ",'all_day':false}", "{'attendees':null,'occurrences':null}",
	  "time store 168 {" NINE "}" },
	/* First contact: together they would end before they start. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{}", "{}", "{" START_NINE "}", "{" END_EIGHT "}", NULL,
	  "{" START_NINE "}", "{" START_NINE ",'end':null,'attendees':null,'occurrences':null}",
	  "time server 160 {" END_EIGHT "}" },
	/* Of an attendee's copy only his answer counts. */
	{ BRG_APPOINTMENT, ROLE_ATTENDEE, AFTER,
	  "{" NINE
	  ",'location':'a','reminder':true,'attendees':{'me@x':{'role':'required','response':'none'},'b@x':{'role':'required'}}}",
	  "{" NINE
	  ",'location':'a','reminder':true,'response':'none','attendees':{'me@x':{'role':'required'},'b@x':{'role':'required','response':'none'}}}",
	  "{" NINE
	  ",'location':'a','reminder':true,'attendees':{'me@x':{'role':'required','response':'none'},'b@x':{'role':'required'}}}",
	  "{" NINE
	  ",'location':'b','reminder':false,'response':'accepted','attendees':{'me@x':{'role':'optional'},'b@x':{'role':'required','response':'declined'},'c@x':{}}}",
	  NULL,
	  "{'location':'a'," NINE
	  ",'reminder':true,'attendees':{'b@x':{'role':'required'},'me@x':{'role':'required','response':'accepted'}}}",
	  "{'attendees':null,'occurrences':null}",
	  "location server 167 {'location':'b'} attendees/c@x server 167 {'attendees':{'c@x':{}}} attendees/me@x/role server 167 {'attendees':{'me@x':{'role':'optional'}}}" },
	/* Nothing of ours goes there. */
	{ BRG_APPOINTMENT, ROLE_ATTENDEE, AFTER,
	  "{" NINE ",'location':'a','attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE ",'location':'a','attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE
	  ",'location':'z','reminder':true,'categories':['a'],'attendees':{'me@x':{'role':'optional'},'b@x':{'role':'required'}}}",
	  "{" NINE ",'location':'a','attendees':{'me@x':{'role':'required'}}}", NULL,
	  "{'location':'z'," NINE
	  ",'reminder':true,'categories':['a'],'attendees':{'b@x':{'role':'required'},'me@x':{'role':'optional'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* At first contact an attendee's copy loses nothing. */
	{ BRG_APPOINTMENT, ROLE_ATTENDEE, AFTER, "{}", "{}",
	  "{" NINE ",'location':'a','attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE
	  ",'location':'b','response':'tentative','attendees':{'me@x':{'role':'optional'}}}",
	  NULL,
	  "{'location':'a'," NINE
	  ",'attendees':{'me@x':{'role':'required','response':'tentative'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* Its occurrences decide nothing either. */
	{ BRG_APPOINTMENT, ROLE_ATTENDEE, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'location':'a'}," FOURTEENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}", NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'location':'a'}," FOURTEENTH ":null}}",
	  "{'attendees':null,'occurrences':null}",
	  "occurrences/2026-12-07T09:00:00 server 167 {}" },
	/* A feeder's own answer stands with the meeting. */
	{ BRG_APPOINTMENT, ROLE_FEEDER, AFTER,
	  "{" NINE ",'attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE ",'response':'none','attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE ",'attendees':{'me@x':{'role':'required'}}}",
	  "{" NINE ",'response':'accepted','attendees':{'me@x':{'role':'required'}}}", NULL,
	  "{" NINE
	  ",'response':'accepted','attendees':{'me@x':{'role':'required','response':'accepted'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* The last answer holds: ours came from his own mailbox. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':200}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'accepted','responded':100}}}", NULL,
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':200}}}",
	  "{'attendees':null,'occurrences':null}",
	  "attendees/a@x/response server 160 {'attendees':{'a@x':{'response':'accepted','responded':100}}}" },
	/* The last answer holds: the organizer's copy knows it. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':100}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'accepted','responded':200}}}", NULL,
	  "{" NINE ",'attendees':{'a@x':{'response':'accepted','responded':200}}}",
	  "{'attendees':null,'occurrences':null}",
	  "attendees/a@x/response store 161 {'attendees':{'a@x':{'response':'declined','responded':100}}}" },
	/* Nobody knows which answer was last. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':100}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'accepted'}}}", NULL,
	  "{" NINE ",'attendees':{'a@x':{'response':'accepted'}}}",
	  "{'attendees':null,'occurrences':null}",
	  "attendees/a@x/response store 162 {'attendees':{'a@x':{'response':'declined','responded':100}}}" },
	/* An answer of the record alone goes nowhere, and is no loss. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':100}}}",
	  "{" NINE ",'attendees':{'a@x':{'response':'none'}}}", NULL,
	  "{" NINE ",'attendees':{'a@x':{'response':'declined','responded':100}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* No answer is no news. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{}", "{}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'accepted'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'none'}}}", NULL,
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'accepted'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* An answer is no edit of who takes part: he was taken off the list there. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'none'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required','response':'accepted'}}}", "{" NINE "}",
	  NULL, "{" NINE "}", "{'attendees':null,'occurrences':null}",
	  "attendees/a@x store 166 {'attendees':{'a@x':{'role':'required','response':'accepted'}}}" },
	/* Parts that are not told are no change. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','attendees':null,'occurrences':null}", NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}}}",
	  "{'attendees':null,'occurrences':{" SEVENTH ":{'location':'b'},'...':null}}", "" },
	/* Nor are attendees. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER, "{" NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{" NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{" NINE ",'location':'b','attendees':null}", NULL,
	  "{'location':'b'," NINE ",'attendees':{'a@x':{'role':'required'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* The beginning of a rule is another rule: somebody has changed what we wrote. */
	{ BRG_APPOINTMENT, ROLE_OWN, BEFORE, "{" NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{" NINE ",'recurrence':'FREQ=DAILY;INTERVAL=2'}", "{" NINE ",'recurrence':'FREQ=DAILY'}",
	  "{'recurrence':'FREQ=DAILY;INTERVAL=2'}", "{" NINE ",'recurrence':'FREQ=DAILY'}",
	  "{'attendees':null,'occurrences':null}",
	  "time store 161 {'recurrence':'FREQ=DAILY;INTERVAL=2'}" },
	/* Another start here: all occurrences that still have a place are written again. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY','occurrences':{'2026-12-01T09:00:00':{'location':'a'},'2026-12-02T09:00:00':null,'2026-12-03T09:00:00':{'location':'c'}}}",
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY','occurrences':{'2026-12-01T09:00:00':{'location':'a'},'2026-12-02T09:00:00':null,'2026-12-03T09:00:00':{'location':'c'}}}",
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY;INTERVAL=2','occurrences':{'2026-12-02T09:00:00':null}}",
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY','occurrences':{'2026-12-01T09:00:00':{'location':'a'},'2026-12-02T09:00:00':null,'2026-12-03T09:00:00':{'location':'c'},'2026-12-04T09:00:00':{'location':'d'}}}",
	  NULL,
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY;INTERVAL=2','occurrences':{'2026-12-02T09:00:00':null,'2026-12-04T09:00:00':{'location':'d'}}}",
	  "{" NINE
	  ",'recurrence':'FREQ=DAILY;INTERVAL=2','attendees':null,'occurrences':{'2026-12-02T09:00:00':null,'2026-12-04T09:00:00':{'location':'d'},'...':null}}",
	  "" },
	/* And whole, where one of their fields was edited as well. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'a'}," FOURTEENTH ":{'body':'c','location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'a'}," FOURTEENTH ":{'body':'c','location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY;COUNT=5','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'x'}," FOURTEENTH ":{'body':'c','location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'a'}," FOURTEENTH ":{'body':'c','location':'b'}}}",
	  NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY;COUNT=5','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'x'}," FOURTEENTH ":{'body':'c','location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY;COUNT=5','attendees':null,'occurrences':{" SEVENTH
	  ":{'subject':'s','location':'x'}," FOURTEENTH ":{'body':'c','location':'b'},'...':null}}",
	  "" },
	/* An occurrence that says in all its fields what the series says is none. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{'subject':'s','location':'a'," NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{'subject':'s','location':'a'," NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{'subject':'s','location':'a'," NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{'subject':'s','location':'a'," NINE
	  ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'subject':'s','location':'b'}," FOURTEENTH ":{'subject':'t','location':'a'}}}",
	  NULL,
	  "{'subject':'s','location':'a'," NINE
	  ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}," FOURTEENTH
	  ":{'subject':'t'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* Another recurrence there: occurrences without a place go, with what they had. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'location':'a'}," FOURTEENTH ":{'location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'location':'a'}," FOURTEENTH ":{'location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'location':'x'}," FOURTEENTH ":{'location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY;INTERVAL=2'}", NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY;INTERVAL=2'}",
	  "{'attendees':null,'occurrences':null}",
	  "occurrences/2026-12-07T09:00:00 store 170 {'occurrences':{" SEVENTH
	  ":{'location':'x'}}}" },
	/* A change of the series that lost took the occurrences with it: they come back. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" LONGER ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" EIGHT ",'recurrence':'FREQ=WEEKLY'}", NULL,
	  "{" LONGER ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" LONGER ",'recurrence':'FREQ=WEEKLY','attendees':null,'occurrences':{" SEVENTH
	  ":{'location':'a'},'...':null}}",
	  "time server 160 {" START_EIGHT "}" },
	/* The same on our side. */
	{ BRG_APPOINTMENT, ROLE_OWN, BEFORE,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{" EIGHT ",'recurrence':'FREQ=WEEKLY'}",
	  "{" LONGER ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  NULL,
	  "{" LONGER ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'a'}}}",
	  "{'attendees':null,'occurrences':null}", "time store 161 {" START_EIGHT "}" },
	/* An occurrence is as the series again. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','location':'s','occurrences':{" SEVENTH
	  ":{'location':'a','subject':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','location':'s','occurrences':{" SEVENTH
	  ":{'location':'a','subject':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','location':'s','occurrences':{}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','location':'s','occurrences':{" SEVENTH
	  ":{'location':'a','subject':'b'}}}",
	  NULL, "{'location':'s'," NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{'attendees':null,'occurrences':{" SEVENTH
	  ":{'subject':null,'location':'s'},'...':null}}",
	  "" },
	/* One that was called off takes place again. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}", NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY'}",
	  "{'attendees':null,'occurrences':{" SEVENTH ":{},'...':null}}", "" },
	/* It does so there. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":null}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}}}",
	  NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}}}",
	  "{'attendees':null,'occurrences':null}", "" },
	/* Two people change different fields of one occurrence. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'location':'b'}}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'subject':'c'}}}", NULL,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH
	  ":{'subject':'c','location':'b'}}}",
	  "{'attendees':null,'occurrences':{" SEVENTH ":{'location':'b'},'...':null}}", "" },
	/* The series ends here, and one occurrence was changed there. */
	{ BRG_APPOINTMENT, ROLE_OWN, AFTER,
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{}}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{}}", "{" NINE "}",
	  "{" NINE ",'recurrence':'FREQ=WEEKLY','occurrences':{" SEVENTH ":{'subject':'c'}}}", NULL,
	  "{" NINE "}", "{" NINE ",'recurrence':null,'attendees':null,'occurrences':null}",
	  "occurrences/2026-12-07T09:00:00 server 170 {'occurrences':{" SEVENTH
	  ":{'subject':'c'}}}" },
};
