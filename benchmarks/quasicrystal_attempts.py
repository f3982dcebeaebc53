import os
for k in ("OMP_NUM_THREADS","MKL_NUM_THREADS","OPENBLAS_NUM_THREADS"): os.environ[k]="1"
os.environ["MDP_QUIET"]="1"
import time, numpy as np, pandas as pd, re
from sklearn.model_selection import StratifiedGroupKFold, KFold
from sklearn.metrics import average_precision_score
from mdp.cases import quasicrystals as case
from mdp.data import load
from mdp.matter.formula import element_system
table,F,ids=pd.read_pickle("attempts/frozen.pkl")
X77=np.load("attempts/X77.npy")
y=table.label.to_numpy(); system=table.system.to_numpy(); doubtful=table.doubtful.to_numpy(); late=table.late.to_numpy()
codes=pd.factorize(table.system)[0]
props,classes,axis=case.scales()
SYM=list(props.index)

def pair_heats():
    """94 x 94 smooth formation energies of pairs (eV/atom), each predicted from other pairs."""
    from sklearn.kernel_ridge import KernelRidge
    e=load("mp_e_form"); col=[c for c in e.columns if c not in ("formula",)]
    tgt="target" if "target" in e else [c for c in e.columns if e[c].dtype.kind=="f"][0]
    sysn=np.asarray(element_system(e.formula)); two=np.array([s.count("-")==1 for s in sysn])
    m=pd.DataFrame(dict(s=sysn[two],e=e[tgt].to_numpy()[two])).groupby("s").e.min()
    m=m.clip(-1.5,0.5)
    Z=StandardScaler().fit_transform(np.hstack([props[["e/a","group","radius","electronegativity","mendeleev","period","melting","d"]].to_numpy()]))
    Z=np.hstack([Z,classes.to_numpy()])
    def pf(i,j):
        return np.hstack([Z[i]+Z[j],np.abs(Z[i]-Z[j])])
    idx=np.array([[SYM.index(a) for a in s.split("-")] if all(a in SYM for a in s.split("-")) else [-1,-1] for s in m.index])
    ok=(idx>=0).all(1); idx=idx[ok]; v=m.to_numpy()[ok]
    metal=np.array([s not in case.NONMETALS for s in SYM]); k=metal[idx].all(1); idx=idx[k]; v=v[k]
    P=pf(idx[:,0],idx[:,1]); H=np.zeros((94,94)); 
    model=lambda: KernelRidge(kernel="rbf",alpha=0.1,gamma=0.02)
    pred=np.zeros(len(v))
    for tr,te in KFold(10,shuffle=True,random_state=0).split(P): pred[te]=model().fit(P[tr],v[tr]).predict(P[te])
    r2=1-((pred-v)**2).sum()/((v-v.mean())**2).sum(); print("pairs",len(v),"r2",r2)
    a,b=np.triu_indices(94,1); H[a,b]=model().fit(P,v).predict(pf(a,b)); H[idx[:,0],idx[:,1]]=pred; 
    lo=np.minimum(idx[:,0],idx[:,1]); hi=np.maximum(idx[:,0],idx[:,1]); H[lo,hi]=pred; H=np.triu(H,1); return H+H.T
from sklearn.preprocessing import StandardScaler

def atom2vec(dim=12):
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds
    from mdp.represent.composition import Compositions
    f=np.unique(load("mp_e_form").formula)
    pat=re.compile(r"([A-Z][a-z]?)([0-9.]*)")
    rows,cols,env=[],[],{}
    for s in f:
        parts=pat.findall(s)
        if not 1<len(parts)<5 or "(" in s: continue
        for i,(el,n) in enumerate(parts):
            if el not in SYM: continue
            key=(n,tuple(sorted(p for j,p in enumerate(parts) if j!=i)))
            rows.append(SYM.index(el)); cols.append(env.setdefault(key,len(env)))
    M=coo_matrix((np.ones(len(rows)),(rows,cols)),shape=(94,len(env))).tocsr(); M.data[:]=1
    M=M[:,np.asarray(M.sum(0)).ravel()>=2]
    cnt=np.asarray(M.sum(1)).ravel(); w=np.asarray(M.sum(0)).ravel()
    from scipy.sparse import diags
    N=diags(1/np.sqrt(np.maximum(cnt,1)))@M@diags(1/np.sqrt(w))
    u,s,_=svds(N.astype(float),k=dim+1,random_state=0); o=np.argsort(-s)[1:]
    U=u[:,o]*s[o]; return U/np.linalg.norm(U,axis=1,keepdims=True).clip(1e-6)

H=None;A2V=None
def tables():
    global H,A2V
    try: H,A2V=np.load("attempts/H.npy"),np.load("attempts/A2V.npy")
    except FileNotFoundError:
        H,A2V=pair_heats(),atom2vec(); np.save("attempts/H.npy",H); np.save("attempts/A2V.npy",A2V)
tables()
ROLE=["e/a","radius","electronegativity","mendeleev","period","melting","d"]
RAYNOR=np.where((props["e/a"]==0),props["group"]-10.66,props["e/a"])

def soft(F,p):
    w=F**p; return w/w.sum(1,keepdims=True)
def smooth_features(F):
    o={}
    P=props.to_numpy(); r=props.radius.to_numpy(); chi=props.electronegativity.to_numpy()
    s4=soft(F,4); rest=F*(1-s4); rest=rest/np.maximum(rest.sum(1,keepdims=True),1e-9)
    s05=np.where(F>0,soft(np.where(F>0,F,0),.5),0)
    for k in ROLE:
        v=props[k].to_numpy()
        o["major:"+k]=s4@v; o["rest:"+k]=rest@v; o["restsd:"+k]=np.sqrt(np.maximum(rest@v**2-(rest@v)**2,0)); o["flat:"+k]=s05@v
    for k in classes: o["major:"+k]=s4@classes[k].to_numpy()
    o["ea:raynor"]=F@RAYNOR
    present=F>0
    for name,v in (("largest",r),("smallest",-r),("positive",-chi),("negative",chi)):
        j=np.where(present,v,-99).argmax(1)
        o[name+":share"]=F[np.arange(len(F)),j]
        for k in ("e/a","radius","electronegativity","mendeleev","period","d"): o[name+":"+k]=props[k].to_numpy()[j]
    return pd.DataFrame(o).astype(np.float32)
def pair_features(F):
    o={}; r=props.radius.to_numpy(); chi=props.electronegativity.to_numpy()
    D={"H":H,"chi":np.abs(chi[:,None]-chi),"lnr":np.abs(np.log(r[:,None]/r))}
    for k,M in D.items():
        m1=np.einsum("ni,ij,nj->n",F,M,F,optimize=True); m2=np.einsum("ni,ij,nj->n",F,M**2,F,optimize=True); w=1-(F**2).sum(1)+1e-9
        o[k+":sum"]=2*m1; o[k+":mean"]=m1/w; o[k+":sd"]=np.sqrt(np.maximum(m2/w-(m1/w)**2,0))
    # deepest, shallowest pair
    lo=np.zeros(len(F)); hi=np.zeros(len(F)); h01=np.zeros(len(F)); lo0=np.zeros(len(F)); hi0=np.zeros(len(F))
    for n in range(len(F)):
        i=np.flatnonzero(F[n]); 
        if len(i)<2: continue
        a,b=np.triu_indices(len(i),1); h=H[i[a],i[b]]; w=4*F[n,i[a]]*F[n,i[b]]
        lo[n]=(h*w).min(); hi[n]=(h*w).max(); lo0[n]=h.min(); hi0[n]=h.max()
    o.update({"H:min weighted":lo,"H:max weighted":hi,"H:min":lo0,"H:max":hi0})
    S=-(F*np.log(np.where(F>0,F,1))).sum(1)
    o["omega"]=(F@props.melting.to_numpy())*S*8.617e-5/np.maximum(np.abs(o["H:sum"]),0.01)
    return pd.DataFrame(o).astype(np.float32)
def vec_features(F):
    V=np.hstack([F@A2V,soft(F,3)@A2V]); return pd.DataFrame(V,columns=[f"a2v:{i}" for i in range(V.shape[1])]).astype(np.float32)
def embed(F):
    s=-np.sort(-F,1)[:,:4]
    Z=StandardScaler().fit_transform(props[["e/a","radius","electronegativity","period"]].to_numpy())
    return np.hstack([(F@axis)*0.5, (F@classes.to_numpy())*1.5, (F@Z)*0.5, (F@A2V)*1.5, s])
def neighbour_features(E,rows,train):
    """Distance and density of the training QC and AC of other systems."""
    o=[]
    for lab in ("QC","AC"):
        t=train[(y[train]==lab)]
        d=np.sqrt(np.maximum((E[rows]**2).sum(1)[:,None]+(E[t]**2).sum(1)-2*E[rows]@E[t].T,0))
        d[codes[rows][:,None]==codes[t][None]]=9
        ds=np.sort(d,1)
        o+= [ds[:,0],ds[:,2],np.log(np.exp(-d**2/2/.15**2).sum(1)+1e-6),np.log(np.exp(-d**2/2/.35**2).sum(1)+1e-6)]
    return np.stack(o,1).astype(np.float32)
import torch; torch.set_num_threads(1)
from sklearn.ensemble import ExtraTreesClassifier as ETC, HistGradientBoostingClassifier as HGB, RandomForestClassifier as RFC
z=np.load("attempts/feat.npz"); S,P_,V,E=z["S"],z["P"],z["V"],z["E"]
cols77=list(case.features(F[:1]).columns)
keep=[i for i,c in enumerate(cols77) if not c.startswith("role:") and c not in ("size:r1/r2","size:r1/r3","size:r2/r3")]
SETS={"old":X77,"old+S":np.hstack([X77,S]),"old+P":np.hstack([X77,P_]),"old+SPV":np.hstack([X77,S,P_,V]),"smooth":np.hstack([X77[:,keep],S,P_,V])}
def training(train,seed=0,n=4000):
    rows=train[(y[train]!="crystal")|~doubtful[train]]
    pos=y[rows]!="crystal"; inside=pos|np.isin(codes[rows],np.unique(codes[rows[pos]])); rest=rows[~inside]
    n=min(n,len(rest)); some=np.random.default_rng(seed).choice(rest,n,replace=False)
    take=np.concatenate([rows[inside],some]); w=np.concatenate([np.ones(inside.sum()),np.full(n,len(rest)/n)])
    return take,w,rest
def et(seed=0,n=100,mf=.4,**k): return ETC(n,criterion="entropy",max_features=mf,random_state=seed,**k)
def hgb(seed=0,**k):
    a=dict(max_iter=150,learning_rate=.08,max_bins=31,max_leaf_nodes=15,min_samples_leaf=5,l2_regularization=1.,max_features=.2,early_stopping=False,random_state=seed); a.update(k); return HGB(**a)
def order(m,p): return p[:,[list(m.classes_).index(k) for k in case.LABELS]]
def run_tree(make,X,train,test,seed=0,neigh=False,n=4000,hard=0):
    take,w,rest=training(train,seed,n)
    if hard:
        first=et(seed,30).fit(X77[take],y[take],w); p=first.predict_proba(X77[rest]); s=1-order(first,p)[:,2]
        o=np.argsort(-s); h=rest[o[:hard]]; r=np.random.default_rng(seed).choice(rest[o[hard:]],n-hard,replace=False)
        inside=take[:len(take)-n] if n<=len(rest) else take
        take=np.concatenate([inside,h,r]); w=np.concatenate([np.ones(len(inside)+len(h)),np.full(len(r),(len(rest)-hard)/len(r))])
    A,B=X[take],X[test]
    if neigh: A=np.hstack([A,neighbour_features(E,take,train)]); B=np.hstack([B,neighbour_features(E,test,train)])
    m=make(seed).fit(A,y[take],w); return order(m,m.predict_proba(B))
def run_nn(X,train,test,seed=0,members=8,steps=300,batch=384,hid=(64,32),lr=4e-3,wd=.02,rank=0.,drop=.15,n=4000,bag=True):
    take,w,_=training(train,seed,n); rng=np.random.default_rng(seed); g=torch.Generator().manual_seed(seed)
    mu,sd=X[take].mean(0),X[take].std(0)+1e-6
    A=torch.tensor(np.clip((X[take]-mu)/sd,-3,3),dtype=torch.float32); B=torch.tensor(np.clip((X[test]-mu)/sd,-3,3),dtype=torch.float32)
    t=torch.tensor(pd.Index(case.LABELS).get_indexer(y[take])); w=torch.tensor(w/w.mean(),dtype=torch.float32)
    dims=[A.shape[1],*hid,3]; Ws=[];bs=[]
    for a,b in zip(dims[:-1],dims[1:]):
        Ws.append((torch.randn(members,a,b,generator=g)*(2/a)**.5).requires_grad_()); bs.append(torch.zeros(members,1,b).requires_grad_())
    opt=torch.optim.AdamW([{"params":Ws,"weight_decay":wd},{"params":bs,"weight_decay":0}],lr=lr)
    sch=torch.optim.lr_scheduler.OneCycleLR(opt,lr,total_steps=steps)
    sc=codes[take]; us,inv=np.unique(sc,return_inverse=True)
    mult=torch.tensor(np.stack([np.bincount(rng.integers(0,len(us),len(us)),minlength=len(us))[inv] for _ in range(members)]),dtype=torch.float32) if bag else torch.ones(members,len(take))
    posm=torch.tensor(y[take]!="crystal")
    # sample: positives with prob x6
    pr=torch.where(posm,torch.tensor(4.),torch.tensor(1.)); iw=(w/pr); iw=iw/iw.mean()
    def fwd(x,train_):
        for k,(W,b) in enumerate(zip(Ws,bs)):
            x=torch.baddbmm(b,x,W)
            if k<len(Ws)-1:
                x=torch.nn.functional.silu(x)
                if train_ and drop: x=x*(torch.rand(x.shape,generator=g)>drop)/(1-drop)
        return x
    for s in range(steps):
        i=torch.multinomial(pr,batch*members,True,generator=g).view(members,batch)
        o=fwd(A[i],True); ce=torch.nn.functional.cross_entropy(o.reshape(-1,3),t[i].reshape(-1),reduction="none").view(members,batch)
        ww=iw[i]*mult.gather(1,i); loss=(ce*ww).sum(1)/ww.sum(1); loss=loss.sum()
        opt.zero_grad(); loss.backward(); opt.step(); sch.step()
    with torch.no_grad():
        p=torch.softmax(fwd(B[None].expand(members,-1,-1),False),-1)
    return p.mean(0).numpy()
def score(p,rows):
    ok=~doubtful[rows]; q=y[rows][ok]=="QC"; return average_precision_score(q,p[ok]), case.recall_at(q,p[ok])
LEARN={
 "ET old":lambda tr,te,s:run_tree(lambda r:et(r),SETS["old"],tr,te,s),
 "HGB old":lambda tr,te,s:run_tree(hgb,SETS["old"],tr,te,s),
 "ET old+S":lambda tr,te,s:run_tree(lambda r:et(r,mf=.3),SETS["old+S"],tr,te,s),
 "ET old+P":lambda tr,te,s:run_tree(lambda r:et(r),SETS["old+P"],tr,te,s),
 "ET old+SPV":lambda tr,te,s:run_tree(lambda r:et(r,mf=.25),SETS["old+SPV"],tr,te,s),
 "ET smooth":lambda tr,te,s:run_tree(lambda r:et(r,mf=.3),SETS["smooth"],tr,te,s),
 "ET old+SPV+N":lambda tr,te,s:run_tree(lambda r:et(r,mf=.25),SETS["old+SPV"],tr,te,s,neigh=True),
 "ET old hard":lambda tr,te,s:run_tree(lambda r:et(r),SETS["old"],tr,te,s,hard=2000),
 "HGB old+SPV":lambda tr,te,s:run_tree(hgb,SETS["old+SPV"],tr,te,s),
 "HGB old+SPV+N":lambda tr,te,s:run_tree(hgb,SETS["old+SPV"],tr,te,s,neigh=True),
 "NN smooth":lambda tr,te,s:run_nn(SETS["smooth"],tr,te,s),
 "NN old+SPV":lambda tr,te,s:run_nn(SETS["old+SPV"],tr,te,s),
}
early=np.flatnonzero(~late)
def outer(repeat):
    return [(early[a],early[b]) for a,b in StratifiedGroupKFold(5,shuffle=True,random_state=repeat).split(early,y[early],system[early])]
def inner(train,k=4,seed=0):
    return [(train[a],train[b]) for a,b in StratifiedGroupKFold(k,shuffle=True,random_state=1000+seed).split(train,y[train],system[train])]
SETS["noroles"]=X77[:,keep]; SETS["noroles+P"]=np.hstack([X77[:,keep],P_])
LEARN["ET no roles"]=lambda tr,te,s:run_tree(lambda r:et(r),SETS["noroles"],tr,te,s)
LEARN["HGB no roles+P"]=lambda tr,te,s:run_tree(hgb,SETS["noroles+P"],tr,te,s)
LEARN["ET old hard 8000"]=lambda tr,te,s:run_tree(lambda r:et(r),SETS["old"],tr,te,s,n=8000,hard=4000)
LEARN["HGB old hard"]=lambda tr,te,s:run_tree(hgb,SETS["old"],tr,te,s,hard=2000)
LEARN["HGB old hard 8000"]=lambda tr,te,s:run_tree(hgb,SETS["old"],tr,te,s,n=8000,hard=4000)
LEARN["HGB SPV hard"]=lambda tr,te,s:run_tree(hgb,SETS["old+SPV"],tr,te,s,hard=2000)
import pickle
train,test=outer(0)[0]
parts=inner(train); out={}
names=sys.argv[1:] or list(LEARN)
pth="attempts/pilot.pkl"
if os.path.exists(pth): out=pickle.load(open(pth,"rb"))
for nme in names:
    t=time.process_time(); p=np.full((len(table),3),np.nan)
    for k,(a,b) in enumerate(parts): p[b]=LEARN[nme](a,b,k)
    out[nme]=p[train]; print(f"{nme:18s} AP {score(p[train,1],train)[0]:.3f} recall {score(p[train,1],train)[1]:.3f}  {time.process_time()-t:.1f} s",flush=True)
    pickle.dump(out,open(pth,"wb"))
