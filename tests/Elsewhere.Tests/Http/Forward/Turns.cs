using System.Net;
using System.Text;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>A body that a test writes piece by piece while the answer is read.</summary>
internal sealed class Turns : HttpContent
{
    private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task SayAsync(string text) => SayAsync(Encoding.ASCII.GetBytes(text));

    public async Task SayAsync(byte[] bytes)
    {
        var stream = await opened.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    public void End() => ended.SetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        opened.SetResult(stream);
        await ended.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
