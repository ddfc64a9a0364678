using Elsewhere.Http.Forward;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What goes wrong with requests right now: one finding for each alias and kind, however many there are.</summary>
internal static class RequestFaultFindings
{
    /// <summary>Those of the last minutes.</summary>
    /// <param name="live">What is served.</param>
    /// <param name="faults">What was counted.</param>
    internal static IEnumerable<Finding> Of(Live live, RequestFaults faults)
    {
        foreach (var ofAlias in faults.All.Where(static fault => fault.IsRecent).GroupBy(static fault => fault.Alias))
        {
            var alias = ofAlias.Key is { } key ? live.Find(key) : null;
            if (ofAlias.Key is not null && alias is null)
                continue;
            RequestFault? refused = null;
            foreach (var fault in ofAlias)
            {
                if (fault.Code == RequestFaults.DecodeLimit)
                    yield return On(ServingFindingCodes.DecodeLimit, $"{fault.Detail}; it was cut off", "see what it answers there; if it is well, have it sent without Content-Encoding");
                else if (fault.Code == RequestFaults.DecodeFailure)
                    yield return On(ServingFindingCodes.DecodeFailure, $"{fault.Detail}; the client was shown that it is broken", "ask whoever runs the origin: curl -v --compressed shows it");
                else if (fault.Code == RequestFaults.BodyUnmapped)
                    yield return On(ServingFindingCodes.BodyUnmapped, $"{fault.Detail}; its URLs go on as they are", "have it sent in UTF-8, and plain or as gzip, deflate or br");
                else
                    refused ??= fault;
            }

            if (refused is not null)
                yield return On(ServingFindingCodes.RequestsRefused, $"{refused.Detail}; no origin sees such requests", "see who sends them: elsewhere explain counts each code; docs/refusals.md says what they mean");

            Finding On(FindingCode code, string message, string remedy) => code.On(alias?.Declared ?? ObjectRef.None, "", message, remedy, alias?.Place);
        }
    }
}
