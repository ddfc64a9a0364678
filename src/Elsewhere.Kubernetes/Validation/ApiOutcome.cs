using System.Net.Sockets;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>One thing that is wrong with a field.</summary>
/// <param name="Reason">Such as <c>FieldValueInvalid</c>.</param>
/// <param name="Field">The path, <c>spec.ports[0].name</c>.</param>
/// <param name="Message">What is wrong, beginning with its kind: <c>Invalid value: 0: must be ...</c>.</param>
internal sealed record ApiCause(string Reason, string Field, string Message);

/// <summary>What the API server would answer.</summary>
/// <param name="Code">The HTTP status: 200, 201, 400, 422 or 500.</param>
/// <param name="Reason">The reason of a failure, such as <c>Invalid</c>; empty for success.</param>
/// <param name="Message">The message of a failure.</param>
/// <param name="Causes">The causes of a failure, in the server's order.</param>
/// <param name="Warnings">The texts of the Warning headers.</param>
/// <param name="Filled">The object with its defaults, its fields in no order; null on failure.</param>
/// <param name="AsWritten">The object as decoded with its static defaults, before the cluster filled in addresses and families; null on failure.</param>
/// <param name="Schema">The fields of the object's kind.</param>
/// <param name="Decoding">Whether it failed while it was decoded, before any rule was asked.</param>
internal sealed record ApiOutcome(
    int Code,
    string Reason,
    string Message,
    IReadOnlyList<ApiCause> Causes,
    IReadOnlyList<string> Warnings,
    Node? Filled,
    Node? AsWritten,
    StructType Schema,
    bool Decoding = false)
{
    public bool Accepted => Code < 300;

    /// <summary>The object as it would be stored, its fields in the server's order; null on failure. Made anew each time.</summary>
    public Node? Object => Filled is null ? null : Decoder.Decode(Filled, Schema).Object;
}

/// <summary>What the server knows beside the object.</summary>
/// <param name="ServiceCidrs">The ranges of service addresses, the default family first; empty: both families, any address.</param>
/// <param name="AllocateAddress">Gives a free service address; null: addresses stay unset.</param>
/// <param name="AllocateNodePort">Gives a free node port; null: node ports stay unset.</param>
/// <param name="MakeSuffix">Gives five characters for a generated name; null: always the same.</param>
/// <param name="Strict">Whether unknown and repeated fields are refused; otherwise they are warnings.</param>
/// <param name="IsAddressTaken">Whether another Service has an address; null: none has.</param>
/// <param name="NodePortProblem">What speaks against a node port; null: nothing ever does.</param>
/// <param name="IsPatch">Whether an update came as a patch.</param>
/// <param name="Subresource">The part that an update is about: empty for the object, <c>status</c> or <c>finalize</c>.</param>
internal sealed record ApiContext(
    Seq<Cidr> ServiceCidrs,
    Func<AddressFamily, string>? AllocateAddress = null,
    Func<int>? AllocateNodePort = null,
    Func<string>? MakeSuffix = null,
    bool Strict = true,
    Func<string, bool>? IsAddressTaken = null,
    Func<long, string?>? NodePortProblem = null,
    bool IsPatch = false,
    string Subresource = "")
{
    /// <summary>Five characters for a generated name.</summary>
    public string NameSuffix() => MakeSuffix?.Invoke() ?? "xxxxx";

    /// <summary>No cluster at hand: both families, any address, nothing allocated.</summary>
    public static ApiContext Anywhere { get; } = new([]);
}
